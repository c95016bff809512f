"""The money of calls that run: a meter for each that costs, kept ahead of the clock, settled at its end.

`rating.meter` reserves and settles one call; here is which calls have one, when each is looked at, and what
becomes of a call whose credit is used up. Charges go with the call's record into the ledger (`store`). Calls
towards the PBX and to free numbers cost nothing and have no meter.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Protocol

from harness.sip.timers import TimerQueue
from harness.ua.endpoint import TimedAction
from reference_server.ledger.money import money_text
from reference_server.live_call import FOREVER, LiveCall
from reference_server.numbering import Numbering
from reference_server.profile import Profile
from reference_server.rating.charge import FREE, Charge
from reference_server.rating.credit import Purse
from reference_server.rating.meter import Meter, Meters
from reference_server.rating.tariff import Tariff
from reference_server.refusal import Refusals

LOOK_AHEAD = 10.0
"""Seconds before what is reserved runs out when more is reserved; `trunk` looks each second."""
LAST_LOOKS = 2.0
"""Seconds before the end when a call whose credit runs out gets a timer of its own."""
CAUSE = "credit used up"
"""Why a call ended, in its record and in the Reason of its BYE."""
REASON = (("Reason", f'SIP;cause=402;text="{CAUSE}"'),)
"""RFC 3326 section 2."""


class Spending(Protocol):
    """Told what is spent for good, where several processes reserve from one purse."""

    def spend(self, username: str, money: int, seconds: int) -> None:
        """Part of what this process took has become a charge that is committed."""


class Metering:
    """All meters of one trunk."""

    def __init__(
        self,
        tariff: Tariff,
        purse: Purse,
        numbering: Numbering,
        refusals: Refusals,
        timers: TimerQueue[TimedAction],
    ) -> None:
        self._meters = Meters(tariff, purse)
        self._numbering = numbering
        self._refusals = refusals
        self._timers = timers
        self.end: Callable[[LiveCall, str, float], None] | None = None
        """Ends a call for a cause; `calls` sets it."""
        self.spending: Spending | None = None
        self._charged: list[tuple[str, Charge]] = []
        """What was charged since the last commit, where somebody must be told."""
        self.ended = 0
        """Calls that were ended because their credit was used up."""

    @property
    def purse(self) -> Purse:
        """What each profile can still spend."""
        return self._meters.purse

    @purse.setter
    def purse(self, purse: Purse) -> None:
        self._meters.purse = purse

    def begin(self, profile: Profile, number: str) -> Meter | None:
        """Reserves for the beginning of a call; None when it is free. Raises `Refused` (402)."""
        if self._numbering.is_free(number):
            return None
        meter = self._meters.meter(profile.username, number)
        if not meter.begin():
            there = money_text(self._meters.purse.available(profile.username))
            raise self._refusals.refuse("no_credit", f"credit {there}, {meter.rate.text}")
        return meter

    def start(self, live: LiveCall, now: float) -> None:
        """A call was answered: its time is used up from now on."""
        meter = live.meter
        if meter is not None:
            meter.start(now)
            self._note(live, meter, now)

    def look(self, calls: Iterable[LiveCall], now: float) -> None:
        """Reserves more for the calls whose time is nearly up; called about once a second."""
        soon = now + LOOK_AHEAD
        for live in [live for live in calls if live.paid_until < soon]:
            self._extend(live, now)

    def finish(self, live: LiveCall, ended: float) -> None:
        """Settles a call, once, and gives back what it did not use."""
        meter = live.meter
        if meter is None:
            if live.direction == "outbound" and live.answered is not None and not live.charge.rate_text:
                live.charge = FREE
            return
        live.meter, live.paid_until = None, FOREVER
        live.charge = charge = meter.finish(live.answered, ended)
        if self.spending is not None:
            self._charged.append((live.profile.username, charge))

    def committed(self) -> None:
        """What was charged is in the ledger."""
        if self.spending is not None:
            for username, charge in self._charged:
                self.spending.spend(username, charge.cost, charge.bundle_seconds)
            self._charged.clear()

    def _extend(self, live: LiveCall, now: float) -> None:
        meter = live.meter
        if meter is not None:
            meter.extend(now)
            self._note(live, meter, now)

    def _note(self, live: LiveCall, meter: Meter, now: float) -> None:
        """Notes until when a call is paid; one that has not long gets a timer for that very moment."""
        until = meter.runs_out_at
        if until is None:
            live.paid_until = FOREVER
            return
        live.paid_until = until
        if until < now + LAST_LOOKS and not live.is_timed:
            live.is_timed = True
            self._timers.schedule(until, partial(self._run_out, live))

    def _run_out(self, live: LiveCall, now: float) -> None:
        """Ends a call whose time is up, unless somebody added credit."""
        live.is_timed = False
        meter = live.meter
        if meter is None:
            return
        if live.paid_until > now or meter.extend(now):
            self._note(live, meter, now)
            return
        live.paid_until = FOREVER  # it ends, however long its BYE takes
        self.ended += 1
        if self.end is not None:
            self.end(live, CAUSE, now)
