"""The rows of the Manager's nouns mean the same in every database: a life of a Manager on each of them."""

from collections.abc import Callable, Iterator

import pytest

from reference_server.ledger.movement import SECONDS
from reference_server.manager.calls import CallFilter
from reference_server.manager.problem import Problem
from tests.reference_server.manager.managed_trunk import (
    ADA,
    LONDON,
    US,
    ManagedTrunk,
    failing_at_statement,
    money,
)


@pytest.fixture
def world(database_url: str) -> Iterator[ManagedTrunk]:
    """A Manager with 1,000.00 on its balance."""
    managed = ManagedTrunk(database_url)
    managed.fund("1000")
    yield managed
    managed.close()


def test_months_of_a_business_leave_the_same_balances(world: ManagedTrunk) -> None:
    username = world.bought(2, 1)
    world.manager.numbers.buy(ADA, LONDON, username, world.key())
    world.manager.credit.add_credit(ADA, username, money("20"), world.key())
    world.manager.credit.set_recharge(ADA, username, True, money("5"), money("19.50"))
    world.talk(username, seconds=600)
    world.talk(username, US, 90)
    world.pass_days(100)
    assert world.manager_balance() == money("1000") - 4 * money("56.35") - money("25")
    assert world.credit(username) == money("25") - money("0.889")
    assert (world.bundle(username), world.live.available(username, SECONDS)) == (300_000, 300_000)
    world.crash()
    assert world.agrees(username)
    assert world.manager.profiles.all() == [world.manager.profiles.get(username)]


def test_accounts_are_found_and_belong_to_one_profile(world: ManagedTrunk) -> None:
    username = world.bought(1)
    for name in ("sales.london", "Sales_Leeds", "support"):
        world.manager.accounts.create(ADA, name, f"{name} desk", "a password")
    found = world.manager.accounts.search("sales_")
    assert [view.name for view in found] == ["Sales_Leeds"]
    assert [view.name for view in world.manager.accounts.search("S")] == [
        "sales.london",
        "Sales_Leeds",
        "support",
    ]
    world.manager.accounts.attach(ADA, username, "SALES_leeds", "7")
    world.manager.profiles.remove(ADA, username)
    assert [view.sip_username for view in world.manager.accounts.all()] == [None, None, None]


def test_call_records_are_chosen_and_added_up(world: ManagedTrunk) -> None:
    username = world.bought(1, 1)
    world.manager.credit.add_credit(ADA, username, money("20"), world.key())
    for _ in range(3):
        world.talk(username, seconds=61)
    world.talk(username, US, 30)
    records = world.manager.calls.records(CallFilter(profile=username, answered=True, number="+4477"))
    assert len(records) == 3
    today = world.manager.reports.today()
    (day,) = world.manager.reports.by_day(today, today, username)
    assert (day.calls, day.seconds, day.cost, day.bundle_seconds) == (4, 213, 3 * money("0.209"), 30)


@pytest.mark.parametrize("text", ["\0", "\udcff", "'; --", "%", "\U0001f4de"])
def test_text_that_no_database_takes_is_simply_not_found(world: ManagedTrunk, text: str) -> None:
    manager, username = world.manager, world.bought(1)
    assert manager.accounts.search(text) == []
    if text.isascii():  # a filter takes no broken text
        assert manager.calls.records(CallFilter(profile=text, number=text)) == []
    lookups: list[Callable[[], object]] = [
        lambda: manager.profiles.get(text),
        lambda: manager.numbers.get(text),
        lambda: manager.numbers.buy(ADA, text, None, "a"),
        lambda: manager.numbers.buy(ADA, "٤٤٤٤٤٤٤٤٤٤٤٤٤", None, "b"),
        lambda: manager.numbers.buy(ADA, "x" * len(LONDON), None, "c"),
        lambda: manager.numbers.stock(text),
        lambda: manager.accounts.get(text),
        lambda: manager.accounts.attach(ADA, username, text),
        lambda: manager.credit.history(text),
        lambda: manager.credit.add_credit(ADA, text, money("1"), "d"),
    ]
    for lookup in lookups:
        with pytest.raises(Problem) as caught:
            lookup()
        assert caught.value.status == 404
    assert manager.profiles.forget_landline(ADA, username, text).landlines == []


def test_an_order_that_fails_leaves_nothing(world: ManagedTrunk) -> None:
    username = world.manager.profiles.set_up(ADA, "Shop").sip_username
    for place in range(4):
        with failing_at_statement(world.database, place), pytest.raises(Problem, match="disk"):
            world.manager.profiles.buy(ADA, username, 1, 1, "key")
    assert world.manager_balance() == money("1000")
    world.manager.profiles.buy(ADA, username, 1, 1, "key")
    world.manager.profiles.buy(ADA, username, 1, 1, "key")
    assert world.manager_balance() == money("1000") - money("45.90")
