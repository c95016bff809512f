"""A Manager over a real trunk core and a real database, with a clock that tests set.

Calls are metered and recorded as the trunk does it, without their SIP: months pass between two lines of a
test. How calls and Manager meet on the wire is played in `test_process_trunk`.
"""

import random
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from argon2 import PasswordHasher
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from harness.sip.hop import Hop
from reference_server.control.desk import ControlDesk
from reference_server.dialect import load_dialect
from reference_server.endpoints import MediaPorts
from reference_server.ledger import accounts
from reference_server.ledger.money import parse_money
from reference_server.ledger.movement import MONEY, SECONDS
from reference_server.manager.actor import Actor
from reference_server.manager.manager import Manager
from reference_server.manager.people.password import Passwords
from reference_server.manager.people.people import People
from reference_server.manager.process_trunk import ProcessTrunk
from reference_server.metrics import Metrics
from reference_server.parts import Blueprint
from reference_server.rating.meter import Meter, Meters
from reference_server.rating.prices import Prices
from reference_server.rating.tariff import Tariff
from reference_server.settings import ProfileSettings
from reference_server.store.database import Database
from reference_server.store.journal import Journal
from reference_server.store.rows import OpenCallRow, RecordRow
from reference_server.store.store import Store
from reference_server.trunk import Trunk

ZONE = ZoneInfo("Europe/Tallinn")
ADA = Actor("Ada", "administrator", "console", "192.0.2.1")
VERA = Actor("Vera", "viewer", "console", "192.0.2.2")
MOBILE = "+447700900123"
"""A number that costs credit."""
US = "+12125550199"
"""A number that bundles pay for."""
LONDON = "+442079460700"
"""A number of the stock."""
FILE_PROFILE = "99051000000231"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
DIALECT = load_dialect("skype_connect")
PRICES = Prices.load()
TARIFF = Tariff.load()


def moment(text: str) -> float:
    """Seconds since the epoch of a local time, as "2026-03-01 12:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp()


def local(when: float) -> str:
    """The local time of a moment, as "2026-03-01 12:00"."""
    return f"{datetime.fromtimestamp(when, ZONE):%Y-%m-%d %H:%M}"


def money(text: str) -> int:
    """Micro-units."""
    return parse_money(text)


@dataclass
class MeteredCall:
    """A call that runs."""

    key: str
    username: str
    number: str
    answered: float
    meter: Meter


class ManagedTrunk:
    """A Manager, its trunk, and a clock that stands until it is told."""

    def __init__(
        self,
        url: str = "sqlite://",
        *,
        start: str = "2026-01-10 12:00",
        profiles: Iterable[dict[str, Any]] = (),
        prices: Prices = PRICES,
        seed: int = 1,
    ) -> None:
        self.now = moment(start)
        self.rng = random.Random(seed)
        self.prices = prices
        self.profiles = [ProfileSettings.model_validate(one) for one in profiles]
        self.journal = Journal()
        self.calls: dict[str, MeteredCall] = {}
        self.keys = 0
        self.database = Database(url)
        self.open()

    def open(self) -> None:
        """Starts trunk and Manager on the database."""
        self.store = Store(self.database)
        self.store.replace_profiles(self.profiles, self.now)
        self.store.recover(self.now)
        ports = MediaPorts(lambda host: Hop("udp", host, 4000))
        self.trunk = Trunk(Blueprint(DIALECT), self.store, ports, random.Random(2), self.now)
        desk = ControlDesk(self.trunk, self.store, Metrics(self.trunk, self.clock), self.clock, lambda: None)
        self.live = ProcessTrunk(self.trunk, self.store, desk, self.clock)
        people = People(self.database, self.clock, self.rng, Passwords(CHEAP))
        self.manager = Manager(
            self.database, self.live, self.prices, TARIFF, self.clock, self.rng, people=people
        )
        self.manager.start()

    def clock(self) -> float:
        """The time."""
        return self.now

    def key(self) -> str:
        """A key that no order had."""
        self.keys += 1
        return f"order {self.keys}"

    def crash(self) -> None:
        """The process is killed, and starts again: what was queued and what was in memory is gone.

        Calls that ran are closed by the store, which charges them.
        """
        self.calls.clear()
        self.store.dirty = False  # nobody commits any more
        self.store.close()
        self.open()

    def close(self) -> None:
        """The end of the test."""
        self.store.close()
        self.database.close()

    def pass_until(self, text: str) -> None:
        """The clock ticks whenever the Manager wants it, until a local time."""
        self.tick_until(moment(text))

    def pass_days(self, days: float) -> None:
        """The clock ticks whenever the Manager wants it, for so long."""
        self.tick_until(self.now + days * 86_400)

    def tick_until(self, until: float) -> None:
        """Jumps from one due thing to the next; looks without anything due are left out."""
        while True:
            self.manager.tick(self.now)
            due = self.next_due()
            if due is None or due > until:
                break
            self.now = max(self.now, due)
        self.now = until
        self.manager.tick(self.now)

    def next_due(self) -> float | None:
        """When something is due next, by the rows."""
        with self.database.read() as connection:
            rows = (
                connection.exec_driver_sql(query).scalar()
                for query in (
                    "SELECT min(ends) FROM subscription WHERE closed IS NULL",
                    "SELECT min(ends) FROM owned_number WHERE paid",
                    "SELECT min(until) FROM bundle_month",
                )
            )
            return min((row for row in rows if row is not None), default=None)

    # What administrators do

    def fund(self, amount: str) -> None:
        """Adds a payment to the Manager's balance."""
        self.manager.credit.fund_manager(ADA, money(amount), self.key())

    def bought(self, channels: int = 1, bundles: int = 0, name: str = "Head office") -> str:
        """The SIP username of a new profile with a subscription."""
        username = self.manager.profiles.set_up(ADA, name).sip_username
        self.manager.profiles.buy(ADA, username, channels, bundles, self.key())
        return username

    # What calls do

    def call(self, username: str, number: str = MOBILE) -> MeteredCall | None:
        """A call begins and is answered; None when it cannot be paid, or the profile is inactive."""
        profile = self.trunk.parts.profiles.named(username)
        if profile is None or not profile.active:
            return None
        meter = Meters(TARIFF, self.trunk.credit).meter(username, number)
        if not meter.begin():
            return None
        meter.start(self.now)
        key = f"{self.rng.getrandbits(64):016x}"
        rate = meter.rate
        row = OpenCallRow(
            key,
            key,
            username,
            "outbound",
            username,
            number,
            self.now,
            self.now,
            rate.prefix,
            rate.name,
            rate.per_minute,
            rate.setup,
            rate.step,
            meter.in_bundle,
        )
        self.store.open_call(row)
        self.store.commit(self.now)
        call = self.calls[key] = MeteredCall(key, username, number, self.now, meter)
        return call

    def extend_calls(self) -> None:
        """The trunk's look at running calls: those that cannot go on end when their money is used up."""
        for call in list(self.calls.values()):
            until = call.meter.runs_out_at
            while until is not None and until <= self.now:
                if not call.meter.extend(until):
                    self.hang_up(call, until)
                    break
                until = call.meter.runs_out_at

    def hang_up(self, call: MeteredCall, ended: float | None = None) -> RecordRow:
        """A call ends; its record is queued."""
        ended = self.now if ended is None else ended
        charge = call.meter.finish(call.answered, ended)
        row = RecordRow(
            call.key,
            call.username,
            "outbound",
            call.username,
            call.number,
            call.answered,
            call.answered,
            ended,
            200,
            "caller hung up",
            "caller",
            "",
            *charge,
            call.key,
        )
        self.store.add_record(row)
        del self.calls[call.key]
        return row

    def talk(self, username: str, number: str = MOBILE, seconds: float = 60) -> RecordRow | None:
        """A whole call; the clock goes on."""
        call = self.call(username, number)
        if call is None:
            return None
        until = self.now + seconds
        while call.key in self.calls and self.now < until:
            self.now = min(until, self.now + 50)
            self.extend_calls()
        if call.key in self.calls:
            return self.hang_up(call)
        return self.store.records(1)[0]

    # What the ledger says

    def balance(self, account: str, unit: str = MONEY) -> int:
        """What an account has, once all charges are written."""
        self.store.commit(self.now)
        with self.database.read() as connection:
            return self.journal.balance(connection, account, unit)

    def manager_balance(self) -> int:
        """The Manager's balance."""
        return self.balance(accounts.MANAGER)

    def credit(self, username: str) -> int:
        """The balance of a profile."""
        return self.balance(accounts.profile(username))

    def bundle(self, username: str) -> int:
        """Seconds of US minutes that a profile has."""
        return self.balance(accounts.bundle(username), SECONDS)

    def kinds(self, account: str) -> list[str]:
        """What kinds of movements an account had, oldest first."""
        with self.database.read() as connection:
            return [row.kind for row in reversed(self.journal.history(connection, account, 1000))]

    def agrees(self, username: str) -> bool:
        """Whether ledger and trunk have the same credit and minutes, when no call runs."""
        return (self.credit(username), self.bundle(username)) == (
            self.live.available(username),
            self.live.available(username, SECONDS),
        )


@contextmanager
def failing_at_statement(database: Database, number: int, *, for_good: bool = False) -> Iterator[list[str]]:
    """The database fails at its `number`th write from here on (from 0), once or from then on for good.

    Gives the list of the writes that were tried.
    """
    seen: list[str] = []

    def fail(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        writes = statement.startswith(("INSERT", "UPDATE", "DELETE"))
        if writes:
            seen.append(statement)
        if (writes and len(seen) == number + 1) or (for_good and len(seen) > number):
            raise _disk_error(statement)

    event.listen(database.engine, "before_cursor_execute", fail)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", fail)


@contextmanager
def failing_commit(
    database: Database, *, written: bool, then: Callable[[], object] = lambda: None
) -> Iterator[None]:
    """The commit of the next order fails: before it wrote anything, or after it wrote all unheard."""
    dialect = database.engine.dialect
    plain = dialect.do_commit
    ordered: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("INSERT INTO money_order"):
            ordered.append(statement)

    def fail(connection: Any) -> None:
        if len(ordered) != 1:
            plain(connection)
            return
        ordered.append("failed")
        if written:
            plain(connection)
        then()
        raise sqlite3.OperationalError("disk I/O error")

    event.listen(database.engine, "before_cursor_execute", note)
    vars(dialect)["do_commit"] = fail  # what no real disk does when it is told to
    try:
        yield
    finally:
        del vars(dialect)["do_commit"]
        event.remove(database.engine, "before_cursor_execute", note)


def _disk_error(statement: str) -> OperationalError:
    return OperationalError(statement, None, sqlite3.OperationalError("disk I/O error"))
