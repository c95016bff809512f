"""Faults of the numbering rule."""

from harness.faults.fault import part, sip_out
from harness.faults.message_changes import responses, without
from reference_server.faults.fault import Fault
from reference_server.numbering import Numbering, Reading

COUNTRY = "+44"
"""Where the faulty trunk believes national numbers to be."""


class _PlusNotRequired(Numbering):
    def read(self, user: str) -> Reading:
        return super().read(f"+{user}" if user.isdigit() and not user.startswith("0") else user)


class _NationalAccepted(Numbering):
    def read(self, user: str) -> Reading:
        is_national = user.startswith("0") and not user.startswith("00")
        return super().read(COUNTRY + user[1:] if is_national else user)


class _PrefixAccepted(Numbering):
    def read(self, user: str) -> Reading:
        return super().read("+" + user[2:] if user.startswith("00") else user)


class _AnyCountry(Numbering):
    def fault_in_plan(self, digits: str) -> str:
        fault = super().fault_in_plan(digits)
        return "" if "country code" in fault else fault


class _AnyLength(Numbering):
    def fault_in(self, digits: str) -> str:
        fault = super().fault_in(digits)
        return "" if fault.startswith(("too ", "not a length")) else fault


class _EmergencyAccepted(Numbering):
    def read(self, user: str) -> Reading:
        reading = super().read(user)
        return Reading("+442079460000", "", "") if reading.fault == "emergency" else reading


class _SeparatorsRefused(Numbering):
    def read(self, user: str) -> Reading:
        if any(separator in user for separator in "-.()"):
            return Reading(user, "not_e164", "not only digits after +")
        return super().read(user)


class _E164Refused(Numbering):
    def fault_in(self, digits: str) -> str:
        return super().fault_in(digits) or ("no national number" if digits.startswith("+44") else "")


FAULTS = (
    Fault(
        "plus-not-required",
        "numbering.plus-required",
        "a number without + is completed",
        part(numbering=_PlusNotRequired),
    ),
    Fault(
        "national-number-accepted",
        "numbering.national-refused",
        "a national number is completed",
        part(numbering=_NationalAccepted),
    ),
    Fault(
        "international-prefix-accepted",
        "numbering.international-prefix-refused",
        "00 counts as +",
        part(numbering=_PrefixAccepted),
    ),
    Fault(
        "unknown-country-accepted",
        "numbering.unknown-country-refused",
        "a country code that nobody has is accepted",
        part(numbering=_AnyCountry),
    ),
    Fault(
        "any-length-accepted",
        "numbering.length",
        "numbers too short or too long are accepted",
        part(numbering=_AnyLength),
    ),
    Fault(
        "emergency-accepted",
        "numbering.emergency-refused",
        "emergency numbers are connected",
        part(numbering=_EmergencyAccepted),
    ),
    Fault(
        "visual-separators-refused",
        "numbering.visual-separators",
        "a number with visual separators is refused",
        part(numbering=_SeparatorsRefused),
    ),
    Fault(
        "e164-refused",
        "numbering.e164",
        "numbers of one country are refused",
        part(numbering=_E164Refused),
    ),
    Fault(
        "number-refused-without-warning",
        "numbering.warning",
        "the refusal of a number does not say what was seen",
        sip_out(responses(without("Warning"), method="INVITE", statuses=(484,))),
    ),
)
