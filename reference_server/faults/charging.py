"""Faults of charging: who pays for a call, and what happens when the credit is used up."""

from typing import Any

from harness.faults.fault import part
from reference_server.calls import Calls
from reference_server.faults.fault import Fault, value
from reference_server.ledger.movement import MONEY
from reference_server.live_call import LiveCall
from reference_server.metering import CAUSE, Metering
from reference_server.profile import Profile
from reference_server.rating.credit import Purse
from reference_server.rating.meter import Meter, Meters
from reference_server.rating.tariff import Tariff
from reference_server.rating.us_bundle import is_us_geographic

PAID_NUMBER = "+442079460000"
"""What an incoming call is charged like."""


class _CreditKept(Metering):
    """Puts back what a call cost."""

    def finish(self, live: LiveCall, ended: float) -> None:
        super().finish(live, ended)
        self.purse.give(live.profile.username, MONEY, live.charge.cost)


class _RingingCharged(Metering):
    """Charges a call that nobody answered as if it had been."""

    def finish(self, live: LiveCall, ended: float) -> None:
        meter = live.meter
        if meter is None or live.answered is not None:
            super().finish(live, ended)
            return
        live.meter, live.charge = None, meter.finish(ended, ended)


class _NothingFree(Metering):
    """Has a meter for free numbers too."""

    def begin(self, profile: Profile, number: str) -> Meter | None:
        if not self._numbering.is_free(number):
            return super().begin(profile, number)
        meter = self._meters.meter(profile.username, number)
        return meter if meter.begin() else None


class _InboundCharged(Calls):
    def open(self, profile: Profile, direction: str, caller: str, number: str, now: float) -> LiveCall:
        live = super().open(profile, direction, caller, number, now)
        if direction == "inbound":
            live.meter = self._metering.begin(profile, PAID_NUMBER)
        return live


class _NothingReserved(Metering):
    """Looks whether there is credit, and leaves it for other calls."""

    def begin(self, profile: Profile, number: str) -> Meter | None:
        before = self.purse.available(profile.username)
        meter = super().begin(profile, number)
        self.purse.give(profile.username, MONEY, before - self.purse.available(profile.username))
        return meter


class _NeverRunsOut(Metering):
    def _run_out(self, live: LiveCall, now: float) -> None:
        pass


class _EndsInSilence(Calls):
    def end(self, live: LiveCall, cause: str, now: float, released_by: str = "trunk") -> None:
        super().end(live, "ended by the trunk" if cause == CAUSE else cause, now, released_by)


class _MetersWithoutBundle(Meters):
    def meter(self, username: str, number: str) -> Meter:
        meter = super().meter(username, number)
        meter.in_bundle = False
        return meter


class _MetersWithAnyPrefix(Meters):
    def meter(self, username: str, number: str) -> Meter:
        meter = super().meter(username, number)
        meter.in_bundle = is_us_geographic(number)
        return meter


class _BundleUnused(Metering):
    def __init__(self, tariff: Tariff, purse: Purse, *others: Any) -> None:
        super().__init__(tariff, purse, *others)
        self._meters = _MetersWithoutBundle(tariff, purse)


class _AnyPrefixInBundle(Metering):
    def __init__(self, tariff: Tariff, purse: Purse, *others: Any) -> None:
        super().__init__(tariff, purse, *others)
        self._meters = _MetersWithAnyPrefix(tariff, purse)


class _OverflowFree(Metering):
    """Charges nothing beyond the bundle."""

    def finish(self, live: LiveCall, ended: float) -> None:
        super().finish(live, ended)
        if live.charge.bundle_seconds:
            live.charge = live.charge._replace(cost=0)


FAULTS = (
    Fault(
        "unpaid-refused-with-403",
        "charging.refusal-status",
        "a call that cannot be paid is refused with 403",
        value({"refusal": {"no_credit": {"status": 403}}}),
    ),
    Fault(
        "credit-kept",
        "charging.credit-pays",
        "what a call cost is not taken from the credit",
        part(metering=_CreditKept),
    ),
    Fault(
        "ringing-charged",
        "charging.unanswered-free",
        "a call that nobody answered costs its first minute",
        part(metering=_RingingCharged),
    ),
    Fault(
        "echo-charged",
        "charging.echo-costs-nothing",
        "the echo test number is charged where there is credit",
        part(metering=_NothingFree),
    ),
    Fault(
        "inbound-charged",
        "charging.inbound-free",
        "incoming calls cost as much as outgoing ones",
        part(calls=_InboundCharged),
    ),
    Fault(
        "credit-not-reserved",
        "charging.reserved",
        "calls at the same time spend the same credit",
        part(metering=_NothingReserved),
    ),
    Fault(
        "credit-never-runs-out",
        "charging.ends-with-credit",
        "a call goes on when its credit is used up",
        part(metering=_NeverRunsOut),
    ),
    Fault(
        "credit-out-unexplained",
        "charging.end-explained",
        "the BYE of a call whose credit is used up gives no reason",
        part(calls=_EndsInSilence),
    ),
    Fault(
        "bundle-unused",
        "charging.bundle",
        "calls to the US cost credit although there is a bundle",
        part(metering=_BundleUnused),
    ),
    Fault(
        "excluded-prefix-in-bundle",
        "charging.excluded-prefix",
        "the bundle pays for calls to all US prefixes",
        part(metering=_AnyPrefixInBundle),
    ),
    Fault(
        "overflow-free",
        "charging.overflow",
        "what a bundle does not hold costs nothing",
        part(metering=_OverflowFree),
    ),
)
