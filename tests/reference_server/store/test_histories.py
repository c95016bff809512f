"""Random histories of calls, credit and crashes: the ledger always balances, no finished call is lost.

A model beside the database knows what was promised: what was committed counts, what was only queued when the
trunk was killed does not, whatever was repeated counts once.
"""

import math
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from reference_server.ledger import accounts
from reference_server.ledger.movement import MONEY, SECONDS, Movement, transfer
from reference_server.rating.tariff import Rate
from reference_server.store.journal import Journal, Overdrawn
from reference_server.store.journal_schema import BALANCES, ENTRIES
from reference_server.store.rows import COMMUNITY, OpenCallRow
from reference_server.store.store import Store
from tests.postgresql_server import PostgresqlServer
from tests.reference_server.store.call_rows import RATE, open_call, record

USERS = ("99051000000231", "99051000000232")
ACCOUNT = "ann.example"
"""Calls other accounts, which costs nothing."""
UNIT = 1_000_000
COST = Rate(*RATE).cost(1)
journal = Journal()
users = st.sampled_from(USERS)
amounts = st.integers(1, 5 * UNIT)


class Histories(RuleBasedStateMachine):
    """One trunk and its Manager over one database."""

    keys = Bundle("keys")
    url = ""

    def __init__(self) -> None:
        super().__init__()
        self.store = Store(self.url)
        self.now = 1_000.0
        self.number = 0
        self.balances: dict[tuple[str, str], int] = {}
        self.posted: dict[str, Movement] = {}
        self.available = dict.fromkeys(
            USERS, 0
        )  # what the trunk's credit says: calls in progress have theirs
        self.calls: dict[str, str] = {}  # in progress, key -> user
        self.durable: set[str] = set()  # of those, known to the database
        self.queued: dict[str, tuple[str, int]] = {}  # ended and not yet committed -> user and cost
        self.recorded: dict[str, int] = {}  # key -> cost

    # The Manager

    @rule(amount=amounts)
    def fund(self, amount: int) -> None:
        self.post("payment", accounts.PAYMENTS, accounts.MANAGER, amount)

    @rule(user=users, amount=amounts)
    def add_credit(self, user: str, amount: int) -> None:
        if self.post("add-credit", accounts.MANAGER, accounts.profile(user), amount):
            self.available[user] += amount

    @rule(user=users, amount=amounts)
    def take_back(self, user: str, amount: int) -> None:
        if self.available[user] >= amount:
            self.available[user] -= amount
            assert self.post("take-back", accounts.profile(user), accounts.MANAGER, amount)

    @rule(user=users, minimum=amounts, amount=amounts)
    def recharge(self, user: str, minimum: int, amount: int) -> None:
        if self.available[user] < minimum and self.post(
            "auto-recharge", accounts.MANAGER, accounts.profile(user), amount
        ):
            self.available[user] += amount

    @rule(price=amounts)
    def renew(self, price: int) -> None:
        self.post("channels", accounts.MANAGER, accounts.INCOME_CHANNELS, price)

    @rule(user=users, seconds=st.integers(1, 300_000))
    def grant_bundle(self, user: str, seconds: int) -> None:
        self.post("bundle-grant", accounts.BUNDLES_GRANTED, accounts.bundle(user), seconds, SECONDS)

    @precondition(lambda self: self.posted)
    @rule(data=st.data())
    def ask_again(self, data: Any) -> None:
        again = self.posted[data.draw(st.sampled_from(sorted(self.posted)))]
        with self.store.database.begin() as connection:
            assert not journal.post(connection, again)

    # The trunk

    @rule(target=keys, user=users)
    def answer(self, user: str) -> Any:
        if self.available[user] < COST:
            return multiple()  # 402
        self.available[user] -= COST
        self.number += 1
        key = f"{self.number:016x}"
        self.calls[key] = user
        self.store.open_call(open_call(key, self.now, user))
        return key

    @rule(target=keys)
    def answer_account(self) -> str:
        self.number += 1
        key = f"{self.number:016x}"
        self.calls[key] = ACCOUNT
        self.store.open_call(
            OpenCallRow(key, "a", ACCOUNT, COMMUNITY, ACCOUNT, "bob.example", self.now, self.now)
        )
        return key

    @rule(key=keys)
    def hang_up(self, key: str) -> None:
        user = self.calls.pop(key, None)
        if user is not None:
            cost = 0 if user == ACCOUNT else COST
            self.queued[key] = (user, cost)
            self.store.add_record(record(key, cost, ended=self.now, user=user))

    @rule(seconds=st.floats(0.01, 30.0))
    def commit(self, seconds: float) -> None:
        self.now += seconds
        self.store.keep_alive(self.now)
        self.store.commit(self.now)
        self.store.commit(self.now)
        self.note_committed()

    @rule()
    def look_at_records(self) -> None:
        assert {row.key: row.cost for row in self.store.records()} == {
            **self.recorded,
            **{key: cost for key, (_, cost) in self.queued.items()},
        }
        self.note_committed()

    @rule()
    def end_and_start(self) -> None:
        self.store.close()
        self.note_committed()
        self.start()

    @rule()
    def kill_and_start(self) -> None:
        self.store.dirty = False  # nobody commits any more
        self.store.close()
        for user, cost in self.queued.values():
            if user != ACCOUNT:
                self.available[user] += cost
        self.queued.clear()
        self.start()

    # What has to be true

    @invariant()
    def balances_are_the_sums_of_entries(self) -> None:
        query = select(ENTRIES.c.account, ENTRIES.c.unit, func.sum(ENTRIES.c.amount))
        with self.store.database.read() as connection:
            summed = connection.execute(query.group_by(ENTRIES.c.account, ENTRIES.c.unit)).all()
            kept = connection.execute(select(BALANCES.c.account, BALANCES.c.unit, BALANCES.c.amount)).all()
        sums = {(account, unit): int(amount) for account, unit, amount in summed}
        assert sums == {(account, unit): amount for account, unit, amount in kept}
        assert {place: amount for place, amount in sums.items() if amount} == {
            place: amount for place, amount in self.balances.items() if amount
        }

    @invariant()
    def every_movement_balances(self) -> None:
        total = func.sum(ENTRIES.c.amount)
        query = select(ENTRIES.c.movement, ENTRIES.c.unit).group_by(ENTRIES.c.movement, ENTRIES.c.unit)
        with self.store.database.read() as connection:
            assert connection.execute(query.having(total != 0)).all() == []

    @invariant()
    def nobody_is_overdrawn(self) -> None:
        for (account, _), amount in self.balances.items():
            assert amount >= 0 or accounts.may_be_overdrawn(account), account

    # Below

    def post(self, kind: str, source: str, target: str, amount: int, unit: str = MONEY) -> bool:
        self.number += 1
        movement = transfer(f"{kind}:{self.number}", kind, self.now, source, target, amount, unit)
        left = self.balances.get((source, unit), 0) - amount
        try:
            with self.store.database.begin() as connection:
                never_below = () if accounts.may_be_overdrawn(source) else (source,)
                assert journal.post(connection, movement, never_below)
        except Overdrawn:
            assert left < 0
            return False
        assert left >= 0 or accounts.may_be_overdrawn(source)
        self.move(source, target, amount, unit)
        self.posted[movement.key] = movement
        return True

    def move(self, source: str, target: str, amount: int, unit: str = MONEY) -> None:
        for account, change in ((source, -amount), (target, amount)):
            self.balances[account, unit] = self.balances.get((account, unit), 0) + change

    def note_committed(self) -> None:
        for key, (user, cost) in self.queued.items():
            self.record_as(key, user, cost)
        self.queued.clear()
        self.durable = set(self.calls)

    def record_as(self, key: str, user: str, cost: int) -> None:
        assert key not in self.recorded
        self.recorded[key] = cost
        if cost:
            self.move(accounts.profile(user), accounts.INCOME_CALLS, cost)

    def start(self) -> None:
        self.store = Store(self.url)
        recovered = self.store.recover(self.now)
        assert self.store.recover(self.now) == []
        told = {row.key: row for row in recovered}
        assert self.durable & set(self.calls) <= set(told), "a call that was answered has no record"
        for key, row in told.items():
            assert key in self.durable
            assert row.ended >= (row.answered or math.inf)
            assert row.sip_username != ACCOUNT or (row.cost, row.bundle_seconds) == (0, 0)
            self.record_as(key, row.sip_username, row.cost)
        self.calls.clear()
        self.durable.clear()
        for user in USERS:
            self.available[user] = self.balances.get((accounts.profile(user), MONEY), 0)
            assert self.store.spendable(user)[0] == self.available[user]

    def teardown(self) -> None:
        self.store.close()
        with closing(Store(self.url)) as last:
            last.recover(self.now)
            wanted = {*self.recorded, *self.queued, *self.calls}
            assert {row.key for row in last.records()} == wanted


@pytest.mark.parametrize("kind", ["file", "postgresql"])
def test_whatever_happens_the_ledger_tells_it(kind: str, request: pytest.FixtureRequest) -> None:
    if kind == "file":

        class OverFile(Histories):
            def __init__(self) -> None:
                self.folder = tempfile.TemporaryDirectory()
                self.url = f"sqlite:///{Path(self.folder.name) / 'trunk.sqlite'}"
                super().__init__()

            def teardown(self) -> None:
                super().teardown()
                self.folder.cleanup()

        machine: type[Histories] = OverFile
    else:
        request.getfixturevalue("postgresql_url")
        server: PostgresqlServer = request.getfixturevalue("postgresql")

        class OverServer(Histories):
            def __init__(self) -> None:
                self.url = server.new_database()
                super().__init__()

        machine = OverServer
    examples = 20 if kind == "file" else 3
    run_state_machine_as_test(
        machine, settings=settings(max_examples=examples, stateful_step_count=30, deadline=None)
    )
