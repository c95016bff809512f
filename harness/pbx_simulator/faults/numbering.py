"""Faults of the numbers that the PBX sends, and of whose call it says it is."""

from dataclasses import replace

from harness.faults.fault import part
from harness.pbx_simulator.faults.fault import Fault
from harness.pbx_simulator.number_plan import Destination, NumberPlan, Outside, Unassigned
from harness.pbx_simulator.switchboard import Switchboard
from harness.ua.call import Call
from harness.ua.call_options import CallOptions


class _AsDialled(NumberPlan):
    """Sends what was dialled, where that begins with a prefix."""

    def prefix(self) -> str:
        return self.national

    def as_sent(self, dialled: str, full: str) -> str:
        is_international = dialled.startswith(self.international)
        wanted = dialled.startswith(self.prefix()) and is_international == (
            self.prefix() == self.international
        )
        return dialled if wanted else full


class _InternationalAsDialled(_AsDialled):
    def prefix(self) -> str:
        return self.international


class _WithoutPlus(NumberPlan):
    def as_sent(self, dialled: str, full: str) -> str:
        return full.removeprefix("+")


class _ShortToTrunk(NumberPlan):
    def outside(self, number: str) -> Destination:
        found = super().outside(number)
        return Outside(number) if isinstance(found, Unassigned) else found


class _NoEmergencies(NumberPlan):
    def read(self, dialled: str) -> Destination:
        return Outside(dialled) if self.is_emergency(dialled) else super().read(dialled)


class _ExtensionInFrom(Switchboard):
    def trunk_options(self, extension: str, codecs: tuple[str, ...], caller: Call) -> CallOptions:
        uri = f"sip:{extension}@{self.line.account.domain}"
        return replace(super().trunk_options(extension, codecs, caller), from_uri=uri, from_display=None)


class _ExtensionInFirstFrom(_ExtensionInFrom):
    """Has it right from the second call on."""

    _has_called = False

    def trunk_options(self, extension: str, codecs: tuple[str, ...], caller: Call) -> CallOptions:
        options = super().trunk_options(extension, codecs, caller)
        if self._has_called:
            return replace(options, from_uri=None)
        self._has_called = True
        return options


class _AnonymousFrom(Switchboard):
    def trunk_options(self, extension: str, codecs: tuple[str, ...], caller: Call) -> CallOptions:
        uri = "sip:anonymous@anonymous.invalid"
        return replace(super().trunk_options(extension, codecs, caller), from_uri=uri)


class _OwnHostInFrom(Switchboard):
    def trunk_options(self, extension: str, codecs: tuple[str, ...], caller: Call) -> CallOptions:
        uri = f"sip:{self.line.account.username}@{self.outside.local.host}"
        return replace(super().trunk_options(extension, codecs, caller), from_uri=uri)


FAULTS = (
    Fault(
        "national-number-sent",
        "numbering.pbx-e164",
        "a number dialled with the national prefix goes to the trunk as dialled",
        part(number_plan=_AsDialled),
    ),
    Fault(
        "international-prefix-sent",
        "numbering.pbx-e164",
        "a number dialled with the international prefix goes to the trunk as dialled",
        part(number_plan=_InternationalAsDialled),
    ),
    Fault(
        "plus-missing",
        "numbering.pbx-e164",
        "numbers go to the trunk in E.164 without the plus",
        part(number_plan=_WithoutPlus),
    ),
    Fault(
        "short-number-sent",
        "numbering.pbx-e164",
        "a number that leads nowhere inside goes to the trunk as dialled",
        part(number_plan=_ShortToTrunk),
    ),
    Fault(
        "emergency-call-sent",
        "numbering.pbx-emergency",
        "emergency numbers are sent to the trunk",
        part(number_plan=_NoEmergencies),
    ),
    Fault(
        "from-carries-extension",
        "from_header.pbx-username",
        "the user of From is the extension",
        part(switchboard=_ExtensionInFrom),
    ),
    Fault(
        "first-from-carries-extension",
        "from_header.pbx-start-up",
        "the user of From is the extension in the first call after the start",
        part(switchboard=_ExtensionInFirstFrom),
        also=("from_header.pbx-username",),
    ),
    Fault(
        "from-anonymous",
        "from_header.pbx-username",
        "From is anonymous@anonymous.invalid",
        part(switchboard=_AnonymousFrom),
    ),
    Fault(
        "from-own-host",
        "from_header.pbx-domain",
        "the host of From is the PBX's own address",
        part(switchboard=_OwnHostInFrom),
    ),
)
