"""START HERE: the Manager, all its services, and the clock that renews, grants and recharges.

No HTTP (`rest`, `console`) and no SQL (`store`). Money moves in the ledger (`store.journal`) by `orders`; the
running trunk is told through `live_trunk`. All of it works in the trunk's own loop: a service never waits for
anything but the database, and is not for several threads.
"""

import asyncio
import random
from collections.abc import Callable
from zoneinfo import ZoneInfo

from reference_server.manager.accounts import Accounts
from reference_server.manager.bundle_months import BundleMonths
from reference_server.manager.calendar import Calendar
from reference_server.manager.calls import Calls
from reference_server.manager.credit import Credit
from reference_server.manager.live_trunk import LiveTrunk
from reference_server.manager.means import Means
from reference_server.manager.numbers import Numbers
from reference_server.manager.orders import Orders
from reference_server.manager.people.people import People
from reference_server.manager.problem import Problem
from reference_server.manager.profiles import Profiles
from reference_server.manager.recharges import Recharges
from reference_server.manager.reports import Reports
from reference_server.manager.subscriptions import Subscriptions
from reference_server.rating.prices import Prices
from reference_server.rating.tariff import Tariff
from reference_server.store.database import Database
from reference_server.store.journal import Journal

LOOK_EVERY = 60.0
"""Seconds between two looks at what is due, at most: the machine's clock may be put forward."""
RETRY_AFTER = 5.0
"""Seconds until what was due is tried again when the database failed."""


class Manager:
    """One Manager over one database and one running trunk."""

    def __init__(
        self,
        database: Database,
        live: LiveTrunk,
        prices: Prices,
        tariff: Tariff,
        clock: Callable[[], float],
        rng: random.Random,
        *,
        zone: ZoneInfo | None = None,
        people: People | None = None,
    ) -> None:
        """`clock`: seconds since the epoch; `rng` makes secrets: `random.SystemRandom()` outside tests;
        `zone`: where days and months begin, the price list's when None."""
        orders = Orders(database, live, clock)
        calendar = Calendar(orders)
        self.people = people or People(database, clock, rng)
        self.prices = prices
        self.tariff = tariff
        self.zone = zone or prices.zone
        means = Means(
            orders=orders,
            calendar=calendar,
            journal=Journal(),
            vault=database.vault,
            live=live,
            people=self.people,
            prices=prices,
            clock=clock,
            zone=self.zone,
            rng=rng,
        )
        self._months = BundleMonths(means)
        self._recharges = Recharges(means)
        self.subscriptions = Subscriptions(means, self._months)
        self.profiles = Profiles(means, self._recharges, self.subscriptions, self._months)
        self.credit = Credit(means, self._recharges, self.profiles.get)
        self.numbers = Numbers(means)
        self.accounts = Accounts(means)
        self.calls = Calls(means)
        self.reports = Reports(means, self.calls, self.credit)
        for book in (self.subscriptions, self.numbers, self._months):
            calendar.add(book)
        self._orders, self._calendar, self._clock = orders, calendar, clock

    def start(self) -> float:
        """Lets the trunk know the business accounts, and catches up with what came due while nothing ran.

        Gives when `tick` wants to be called. Raises `Problem` 503 when the database fails.
        """
        self.accounts.tell_all()
        self._months.take_file_profiles()
        return self.tick(self._clock())

    def tick(self, now: float) -> float:
        """Does all that is due at `now`, in the order in which it came due; gives when to be called next."""
        try:
            self._orders.catch_up()
            self._calendar.run_until(now)
            self._recharges.check(now)
            wishes = (self._calendar.next_due(), self._recharges.next_check(now), now + LOOK_EVERY)
        except Problem:
            return now + RETRY_AFTER
        return min(moment for moment in wishes if moment is not None)

    async def run_clock(self) -> None:
        """Starts, and ticks until cancelled. Raises `Problem` 503 when the database fails at the start."""
        due = self.start()
        while True:
            await asyncio.sleep(max(0.0, due - self._clock()))
            due = self.tick(self._clock())
