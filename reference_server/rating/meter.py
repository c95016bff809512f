"""START HERE: the meter of one call: it reserves ahead, says when what is paid for ends, and settles.

A call is paid a window ahead, so that calls side by side never spend the same credit twice. Before the call
is let through: `begin`. When it is answered: `start`. When `runs_out_at` comes: `extend`, and without more to
spend the trunk ends the call. However it ends: `finish`, which gives back what was reserved in vain. Calls to
free numbers and calls towards the PBX have no meter. Rates are `tariff`'s, what there is to spend `credit`'s.
"""

from collections.abc import Callable
from functools import lru_cache

from reference_server.ledger.movement import MONEY, SECONDS
from reference_server.rating.charge import NOTHING, Charge, settle, talk_seconds
from reference_server.rating.credit import Purse
from reference_server.rating.tariff import Rate, Tariff
from reference_server.rating.us_bundle import covers

WINDOW = 60
"""Seconds that are reserved ahead; more where the step of a rate is longer."""
FOREVER = 1 << 40
"""Seconds bought when further ones cost nothing."""
REMEMBERED_NUMBERS = 16384


class Meter:
    """What one call reserved."""

    __slots__ = ("_bought", "_bundled", "_purse", "_reserved", "_started", "_username", "in_bundle", "rate")

    def __init__(self, purse: Purse, username: str, rate: Rate, in_bundle: bool) -> None:
        """`in_bundle`: US minute bundles cover the number that is called."""
        self.rate = rate
        self._purse = purse
        self._username = username
        self.in_bundle = in_bundle
        self._bundled = 0  # seconds reserved of bundles
        self._bought = 0  # seconds reserved by credit, whole steps of the rate
        self._reserved = 0  # micro-units for them
        self._started: float | None = None

    def begin(self) -> bool:
        """Reserves the first window, or what there is; False when not even the first step can be paid."""
        return self._reserve(WINDOW)

    def start(self, answered: float) -> None:
        """The call was answered: from this moment on time is used up."""
        self._started = answered

    @property
    def runs_out_at(self) -> float | None:
        """When what is reserved is used up; None before the answer, or when further time costs nothing."""
        if self._started is None or self._bought >= FOREVER:
            return None
        return self._started + self._bundled + self._bought

    def extend(self, now: float) -> bool:
        """Reserves another window, or what there is; False when nothing is left, and the call has to end."""
        runs_out_at = self.runs_out_at
        if runs_out_at is None:
            return True
        late = int(now - runs_out_at)
        return self._reserve(WINDOW + late if late > 0 else WINDOW)

    def finish(self, answered: float | None, ended: float) -> Charge:
        """Settles the call and gives the rest back; a second time there is nothing left to settle.

        The charge is never more than what was reserved, however late the end was noticed.
        """
        bundled, bought, reserved = self._bundled, self._bought, self._reserved
        if not bundled and not bought:
            return NOTHING
        charge = NOTHING
        if answered is not None:
            charge = settle(self.rate, min(talk_seconds(answered, ended), bundled + bought), bundled)
        self._bundled = self._bought = self._reserved = 0
        if reserved > charge.cost:
            self._purse.give(self._username, MONEY, reserved - charge.cost)
        if bundled > charge.bundle_seconds:
            self._purse.give(self._username, SECONDS, bundled - charge.bundle_seconds)
        return charge

    def _reserve(self, wanted: int) -> bool:
        if self.in_bundle:
            taken = self._purse.take(self._username, SECONDS, wanted, 1)
            if taken:
                self._bundled += taken
                return True
        return self._buy(wanted)

    def _buy(self, wanted: int) -> bool:
        rate, bought, reserved = self.rate, self._bought, self._reserved
        seconds = rate.whole_steps(bought + wanted) if rate.per_minute else FOREVER
        price = rate.cost(seconds) - reserved
        least = price if seconds == FOREVER else rate.cost(bought + 1) - reserved
        taken = self._purse.take(self._username, MONEY, price, least) if price else 0
        if taken < least:
            return False
        if taken < price:
            seconds = rate.seconds_for(reserved + taken)
            spare = reserved + taken - rate.cost(seconds)
            self._purse.give(self._username, MONEY, spare)
            taken -= spare
        self._bought, self._reserved = seconds, reserved + taken
        return True


class Meters:
    """Makes the meters of a trunk: knows the tariff, and remembers what numbers cost."""

    def __init__(self, tariff: Tariff, purse: Purse) -> None:
        self.purse = purse
        self._terms: Callable[[str], tuple[Rate, bool]] = lru_cache(maxsize=REMEMBERED_NUMBERS)(
            lambda number: (tariff.rate_of(number), covers(number))
        )

    def meter(self, username: str, number: str) -> Meter:
        """A meter for a call of the profile to `number` (`+` and digits)."""
        rate, in_bundle = self._terms(number)
        return Meter(self.purse, username, rate, in_bundle)
