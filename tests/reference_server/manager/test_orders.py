"""Money moves wholly or not at all, whatever the database does in the middle."""

from collections.abc import Callable
from functools import lru_cache

import pytest
from sqlalchemy import Connection

from reference_server.ledger import accounts
from reference_server.ledger.movement import SECONDS
from reference_server.manager.effects import Effects
from reference_server.manager.orders import Orders
from reference_server.manager.problem import Problem
from reference_server.store.store_error import StoreError
from tests.reference_server.manager.managed_trunk import (
    ADA,
    LONDON,
    ManagedTrunk,
    failing_at_statement,
    failing_commit,
    money,
)

Service = Callable[[ManagedTrunk, str], object]


def buy(world: ManagedTrunk, username: str) -> object:
    return world.manager.profiles.buy(ADA, username, 3, 2, "the order")


def change(world: ManagedTrunk, username: str) -> object:
    return world.manager.profiles.change(ADA, username, 4, 3, "the order")


def fewer(world: ManagedTrunk, username: str) -> object:
    return world.manager.profiles.change(ADA, username, 1, 0, "the order")


def add(world: ManagedTrunk, username: str) -> object:
    return world.manager.credit.add_credit(ADA, username, money("7"), "the order")


def take_back(world: ManagedTrunk, username: str) -> object:
    return world.manager.credit.take_back(ADA, username, money("7"), "the order")


def fund(world: ManagedTrunk, username: str) -> object:
    return world.manager.credit.fund_manager(ADA, money("7"), "the order")


def buy_number(world: ManagedTrunk, username: str) -> object:
    return world.manager.numbers.buy(ADA, LONDON, username, "the order")


SERVICES: dict[str, Service] = {
    "buy": buy,
    "change": change,
    "change to fewer": fewer,
    "add credit": add,
    "take credit back": take_back,
    "fund": fund,
    "buy a number": buy_number,
}
MOST_WRITES = 24
"""More than any of them writes."""


def prepared(name: str) -> tuple[ManagedTrunk, str]:
    """A world in which a service can do its work."""
    world = ManagedTrunk()
    world.fund("500")
    username = world.manager.profiles.set_up(ADA, "Shop").sip_username
    if name != "buy":
        world.manager.profiles.buy(ADA, username, 2, 1, world.key())
        world.manager.credit.add_credit(ADA, username, money("10"), world.key())
    return world, username


def state(world: ManagedTrunk, username: str) -> dict[str, object]:
    """All that a service may change: ledger, rows, and what the trunk thinks."""
    profile = world.trunk.parts.profiles.named(username)
    assert profile is not None
    return {
        "manager": world.manager_balance(),
        "credit": world.credit(username),
        "bundle": world.bundle(username),
        "page": world.manager.profiles.get(username),
        "numbers": world.manager.numbers.owned(),
        "available": world.live.available(username),
        "seconds": world.live.available(username, SECONDS),
        "trunk": (profile.active, profile.channels, profile.online_numbers),
        "audit": len(world.manager.people.audit.entries()),
    }


@lru_cache
def done(name: str) -> dict[str, object]:
    """What the service does when all is well."""
    world, username = prepared(name)
    SERVICES[name](world, username)
    return state(world, username)


@pytest.mark.parametrize("name", SERVICES)
def test_a_database_that_fails_at_any_write_changes_nothing(name: str) -> None:
    world, username = prepared(name)
    before = state(world, username)
    failed = 0
    for number in range(MOST_WRITES):
        with failing_at_statement(world.database, number):
            if not _raises_503(lambda: SERVICES[name](world, username)):
                break  # it has fewer writes
        failed += 1
        assert state(world, username) == before
    assert 3 <= failed < MOST_WRITES
    assert state(world, username) == done(name)


@pytest.mark.parametrize("name", SERVICES)
def test_a_commit_that_fails_changes_nothing(name: str) -> None:
    world, username = prepared(name)
    before = state(world, username)
    with failing_commit(world.database, written=False):
        assert _raises_503(lambda: SERVICES[name](world, username))
    assert state(world, username) == before
    SERVICES[name](world, username)
    assert state(world, username) == done(name)


@pytest.mark.parametrize("name", SERVICES)
def test_a_commit_that_failed_after_it_wrote_all_is_found_out(name: str) -> None:
    world, username = prepared(name)
    with failing_commit(world.database, written=True):
        assert not _raises_503(lambda: SERVICES[name](world, username))
    assert state(world, username) == done(name)
    SERVICES[name](world, username)
    assert state(world, username) == done(name)


@pytest.mark.parametrize("written", [False, True])
@pytest.mark.parametrize("name", SERVICES)
def test_what_cannot_be_found_out_is_settled_when_the_database_works_again(name: str, written: bool) -> None:
    world, username = prepared(name)
    before = state(world, username)
    available = world.live.available(username)
    blind = failing_at_statement(world.database, -1, for_good=True)
    with failing_commit(world.database, written=written, then=lambda: blind.__enter__() and None):
        assert _raises_503(lambda: SERVICES[name](world, username))
    assert world.live.available(username) <= available  # nothing to spend that may not be there
    assert _raises_503(lambda: SERVICES[name](world, username))
    blind.__exit__(None, None, None)
    world.manager.tick(world.now)
    assert state(world, username) == (done(name) if written else before)
    SERVICES[name](world, username)
    assert state(world, username) == done(name)


def test_a_renewal_in_a_failing_database_is_tried_again() -> None:
    world = ManagedTrunk()
    world.fund("100")
    username = world.bought(2)
    balance = world.manager_balance()
    world.now += 31 * 86_400
    with failing_at_statement(world.database, 2, for_good=True):
        assert world.manager.tick(world.now) <= world.now + 5
    assert world.manager_balance() == balance
    world.manager.tick(world.now)
    assert balance - world.manager_balance() == money("11.90")
    assert world.manager.profiles.get(username).state == "active"


def test_a_trunk_that_cannot_read_its_profile_learns_of_it_later(world: ManagedTrunk) -> None:
    username = world.manager.profiles.set_up(ADA, "Shop").sip_username
    reads: list[str] = []
    plain = world.store.profile

    def blind(name: str) -> None:
        reads.append(name)
        raise world_fails()

    world.store.profile = blind  # type: ignore[method-assign, assignment]  # a read that fails for a while
    world.manager.profiles.buy(ADA, username, 3, 0, world.key())
    profile = world.trunk.parts.profiles.named(username)
    assert profile is not None
    assert not profile.active
    world.store.profile = plain  # type: ignore[method-assign]  # it works again
    world.manager.tick(world.now)
    assert reads
    assert profile.active


def test_an_error_of_our_own_undoes_what_was_taken(world: ManagedTrunk) -> None:
    username = world.bought(1)
    world.manager.credit.add_credit(ADA, username, money("5"), world.key())

    def work(_connection: Connection, effects: Effects) -> None:
        assert effects.take(username, money("5"))
        raise ZeroDivisionError

    orders = Orders(world.database, world.live, world.clock)
    with pytest.raises(ZeroDivisionError):
        orders.carry_out("key", "nothing", work)
    assert world.agrees(username)


def test_an_order_that_is_written_twice_at_once_is_a_conflict(world: ManagedTrunk) -> None:
    orders = Orders(world.database, world.live, world.clock)

    def work(connection: Connection, _effects: Effects) -> None:
        connection.exec_driver_sql("INSERT INTO money_order VALUES ('key', 'another process', 0)")

    with pytest.raises(Problem, match="somebody else") as caught:
        orders.carry_out("key", "nothing", work)
    assert caught.value.status == 409


def test_the_ledger_refuses_what_would_overdraw_an_account(world: ManagedTrunk) -> None:
    """A charge that another process wrote meanwhile is seen inside the transaction."""
    username = world.bought(1)
    world.live.give(username, money("3"))  # the trunk believes in money that the ledger has not
    with pytest.raises(Problem, match="too little") as caught:
        world.manager.credit.take_back(ADA, username, money("3"), world.key())
    assert caught.value.status == 409
    assert world.live.available(username) == money("3")
    assert world.balance(accounts.profile(username)) == 0


def _raises_503(service: Callable[[], object]) -> bool:
    try:
        service()
    except Problem as problem:
        if problem.status != 503:
            raise
        return True
    return False


def world_fails() -> Exception:
    return StoreError("disk I/O error")
