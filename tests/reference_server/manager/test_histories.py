"""Random histories of a whole Manager: money, months, failures and crashes in any order.

Whatever happens, the ledger balances, nothing that may not be is below zero, ledger and trunk agree on what
can be spent, no profile becomes active unpaid, and nothing belongs to two profiles.
"""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    precondition,
    rule,
)

from reference_server.ledger.movement import SECONDS
from reference_server.manager.problem import Problem
from reference_server.rating.us_bundle import SECONDS_PER_BUNDLE
from tests.reference_server.manager.managed_trunk import (
    ADA,
    LONDON,
    MOBILE,
    US,
    ManagedTrunk,
    failing_at_statement,
    failing_commit,
    money,
)

pytestmark = pytest.mark.timeout(900)  # hundreds of steps, which are seconds on an idle machine
EXCLUDED = "+16054753456"
"""A US number that no bundle pays for, by the guide's list."""
NUMBERS = (LONDON, "+442079460701")
ACCOUNTS = ("sales.london", "support.desk")
AMOUNTS = st.integers(1, 60_000_000)
ORDERS = st.sampled_from(["buy", "change", "add", "take back", "fund", "number"])


class Histories(RuleBasedStateMachine):
    profiles = Bundle("profiles")

    def __init__(self) -> None:
        super().__init__()
        self.world = ManagedTrunk(start="2026-01-20 12:00")
        self.world.fund("300")
        self.bought: set[str] = set()
        """Profiles that may be active: those that were bought for since they were last seen inactive."""
        for name in ACCOUNTS:
            self.world.manager.accounts.create(ADA, name, name, "a password")

    # What administrators do

    @rule(target=profiles)
    def set_up(self) -> Any:
        if len(self.world.manager.profiles.all()) == 3:
            return multiple()
        return self.world.manager.profiles.set_up(ADA, "Shop").sip_username

    @rule(username=consumes(profiles))
    def remove(self, username: str) -> None:
        with suppress(Problem):
            self.world.manager.profiles.remove(ADA, username)

    @rule(username=profiles, channels=st.integers(1, 5), bundles=st.integers(0, 5), again=st.booleans())
    def buy_or_change(self, username: str, channels: int, bundles: int, again: bool) -> None:
        key = self.world.key()
        for _ in range(1 + again):
            self.order("buy", username, channels, bundles, key)
            self.order("change", username, channels, bundles, key)

    @rule(name=ORDERS, username=profiles, amount=AMOUNTS, again=st.booleans())
    def any_order(self, name: str, username: str, amount: int, again: bool) -> None:
        key = self.world.key()
        self.order(name, username, amount, 0, key)
        if again:
            before = self.totals()
            self.order(name, username, amount, 0, key)
            if name != "fund":  # a payment may let a recharge through
                assert self.totals() == before or self.recharges()

    @rule(name=ORDERS, username=profiles, amount=AMOUNTS, place=st.integers(0, 12), written=st.booleans())
    def order_in_a_failing_database(
        self, name: str, username: str, amount: int, place: int, written: bool
    ) -> None:
        database, key = self.world.database, self.world.key()
        with (
            failing_at_statement(database, place) if place < 9 else failing_commit(database, written=written)
        ):
            self.order(name, username, amount, 0, key)
        self.order(name, username, amount, 0, key)

    @rule(username=profiles, enabled=st.booleans(), amount=AMOUNTS, minimum=AMOUNTS)
    def set_recharge(self, username: str, enabled: bool, amount: int, minimum: int) -> None:
        with suppress(Problem):
            self.world.manager.credit.set_recharge(ADA, username, enabled, amount, minimum)

    @rule(username=profiles, number=st.sampled_from(NUMBERS), way=st.integers(0, 2))
    def move_a_number(self, username: str, number: str, way: int) -> None:
        numbers = self.world.manager.numbers
        with suppress(Problem):
            if way == 0:
                numbers.allocate(ADA, username, number)
            elif way == 1:
                numbers.detach(ADA, number)
            else:
                numbers.release(ADA, number)

    @rule(username=profiles, name=st.sampled_from(ACCOUNTS), attach=st.booleans())
    def move_an_account(self, username: str, name: str, attach: bool) -> None:
        with suppress(Problem):
            if attach:
                self.world.manager.accounts.attach(ADA, username, name)
            else:
                self.world.manager.accounts.detach(ADA, name)

    # What calls and the clock do

    @rule(username=profiles, number=st.sampled_from([MOBILE, US, EXCLUDED]))
    def call(self, username: str, number: str) -> None:
        if len(self.world.calls) < 5:
            self.world.call(username, number)

    @precondition(lambda self: self.world.calls)
    @rule(data=st.data())
    def hang_up(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.world.calls)))
        self.world.hang_up(self.world.calls[key])

    @rule(seconds=st.integers(1, 400))
    def seconds_pass(self, seconds: int) -> None:
        self.world.now += seconds
        self.world.extend_calls()
        self.world.manager.tick(self.world.now)

    @rule()
    def the_next_thing_comes_due_during_calls(self) -> None:
        due = self.world.next_due()
        if due is not None:
            self.hang_up_all_but_free_ones(due - 10)
            self.world.tick_until(max(self.world.now, due))

    @rule(days=st.integers(1, 75))
    def days_pass(self, days: int) -> None:
        self.hang_up_all_but_free_ones(self.world.now)
        self.world.pass_days(days)

    @rule(days=st.sampled_from([0, 0, 0, 1, 40]))
    def the_process_dies(self, days: int) -> None:
        self.world.now += days * 86_400
        self.world.crash()

    # What always holds

    @invariant()
    def the_ledger_balances(self) -> None:
        self.world.store.commit(self.world.now)
        with self.world.database.read() as connection:
            sums = connection.exec_driver_sql("SELECT unit, SUM(amount) FROM entry GROUP BY unit").all()
            drift = connection.exec_driver_sql(
                "SELECT account FROM balance b WHERE amount != (SELECT SUM(amount) FROM entry e "
                "WHERE e.account = b.account AND e.unit = b.unit)"
            ).all()
            below = connection.exec_driver_sql(
                "SELECT account, amount FROM balance WHERE amount < 0 AND (account = 'manager' "
                "OR account LIKE 'profile:%' OR account LIKE 'bundle:%')"
            ).all()
        assert all(total == 0 for _, total in sums)
        assert not drift
        assert not below

    @invariant()
    def what_was_paid_for_subscriptions_is_their_price(self) -> None:
        with self.world.database.read() as connection:
            paid = connection.exec_driver_sql("SELECT COALESCE(SUM(price), 0) FROM subscription").scalar()
        income = self.world.balance("income:channels") + self.world.balance("income:bundles")
        assert income == paid

    @invariant()
    def ledger_and_trunk_agree(self) -> None:
        busy = {call.username for call in self.world.calls.values()}
        for view in self.world.manager.profiles.all():
            username = view.sip_username
            ledger = (self.world.credit(username), self.world.bundle(username))
            there = (self.world.live.available(username), self.world.live.available(username, SECONDS))
            assert there == ledger or (username in busy and there <= ledger)
            assert view.bundle_seconds_left + view.bundle_seconds_used <= 5 * SECONDS_PER_BUNDLE
            assert there[1] <= view.us_minute_bundles * SECONDS_PER_BUNDLE or view.state == "inactive"

    @invariant()
    def only_what_was_paid_is_active(self) -> None:
        for view in self.world.manager.profiles.all():
            profile = self.world.trunk.parts.profiles.named(view.sip_username)
            assert profile is not None
            assert profile.active == (view.state == "active")
            assert view.us_minute_bundles <= max(view.channels, 0)
            runs = view.subscription is not None and view.subscription.renews
            assert runs == profile.active
            if runs:
                assert view.subscription is not None
                assert view.sip_username in self.bought
                assert view.subscription.started <= self.world.now
            else:
                self.bought.discard(view.sip_username)

    @invariant()
    def numbers_and_accounts_belong_to_one_profile_at_most(self) -> None:
        owners: dict[str, list[str]] = {}
        for profile in self.world.trunk.parts.profiles.all():
            for name in (*profile.online_numbers, *profile.extension_tags):
                owners.setdefault(name, []).append(profile.username)
        told = {
            one.number: [one.sip_username]
            for one in self.world.manager.numbers.owned()
            if one.sip_username is not None and one.state == "active"
        }
        attached = self.world.manager.accounts.all()
        told |= {one.name: [one.sip_username] for one in attached if one.sip_username is not None}
        assert owners == told

    # Below

    def order(self, name: str, username: str, amount: int, bundles: int, key: str) -> None:
        """Something that moves money; it may be refused."""
        manager = self.world.manager
        few = amount if name in ("buy", "change") and amount <= 5 else amount % 5 + 1
        with suppress(Problem):
            if name == "buy":
                manager.profiles.buy(ADA, username, few, bundles, key)
                self.bought.add(username)
            elif name == "change":
                manager.profiles.change(ADA, username, few, bundles, key)
            elif name == "add":
                manager.credit.add_credit(ADA, username, amount, key)
            elif name == "take back":
                manager.credit.take_back(ADA, username, amount, key)
            elif name == "fund":
                manager.credit.fund_manager(ADA, amount, key)
            else:
                manager.numbers.buy(ADA, NUMBERS[amount % 2], username, key)

    def totals(self) -> tuple[int, ...]:
        """What all have."""
        usernames = [view.sip_username for view in self.world.manager.profiles.all()]
        return (self.world.manager_balance(), *(self.world.credit(username) for username in usernames))

    def recharges(self) -> bool:
        """Whether a recharge may have come between."""
        return any(view.recharge.enabled for view in self.world.manager.profiles.all())

    def hang_up_all_but_free_ones(self, at: float) -> None:
        """No call lasts for days."""
        self.world.extend_calls()
        for call in list(self.world.calls.values()):
            if at - call.answered > 0:
                self.world.hang_up(call)


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=25,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def test_a_year_of_an_ordinary_business_adds_up() -> None:
    """Calls each day, auto-recharge, a payment each month: what was paid in is spent or still there."""
    world = ManagedTrunk(start="2026-01-01 09:00")
    world.fund("200")
    username = world.bought(3, 1)
    world.manager.numbers.buy(ADA, LONDON, username, world.key())
    world.manager.credit.set_recharge(ADA, username, True, money("5"), money("1"))
    for day in range(365):
        world.talk(username, MOBILE if day % 2 else US, 300)
        world.pass_days(1)
        if day % 30 == 0:
            world.fund("70")
    paid_in = -world.balance("payments")
    spent = sum(world.balance(f"income:{kind}") for kind in ("channels", "bundles", "numbers", "calls"))
    assert paid_in == spent + world.manager_balance() + world.credit(username)
    assert world.manager.profiles.get(username).state == "active"
    assert len(world.manager.subscriptions.history(username)) == 13
    assert world.agrees(username)
