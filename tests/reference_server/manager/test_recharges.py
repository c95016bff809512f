"""Auto-recharge: Quick Start Guide step 4, "Auto-recharge settings"."""

import pytest

from reference_server.manager.problem import Problem
from reference_server.manager.recharges import CHECK_EVERY, RETRY_AFTER
from tests.reference_server.manager.managed_trunk import ADA, ManagedTrunk, failing_at_statement, money


@pytest.fixture
def shop(world: ManagedTrunk) -> str:
    """A profile with 5.00 of credit that is recharged by 10.00 at 2.00."""
    username = world.bought(2)
    world.manager.credit.add_credit(ADA, username, money("5"), world.key())
    world.manager.credit.set_recharge(ADA, username, True, money("10"), money("2"))
    return username


def drain(world: ManagedTrunk, username: str, left: str) -> None:
    """Takes credit until so much is left; auto-recharge looks at the end of it."""
    spare = world.live.available(username) - money(left)
    world.manager.credit.take_back(ADA, username, spare, world.key())


def empty_the_manager(world: ManagedTrunk) -> str:
    """Another profile gets all that the Manager has."""
    other = world.bought(1, name="Other")
    world.manager.credit.add_credit(ADA, other, world.manager_balance(), world.key())
    return other


def test_above_the_minimum_nothing_happens(world: ManagedTrunk, shop: str) -> None:
    drain(world, shop, "2.01")
    world.pass_days(1)
    assert world.credit(shop) == money("2.01")


def test_at_the_minimum_the_amount_is_allocated(world: ManagedTrunk, shop: str) -> None:
    """Guide: "the minimum balance that should be reached before the Auto-recharge amount is automatically
    allocated to the profile"."""
    drain(world, shop, "2")
    assert world.credit(shop) == money("12")
    assert world.kinds(f"profile:{shop}")[-1] == "auto-recharge"
    assert world.agrees(shop)


def test_the_view_says_that_it_is_active(world: ManagedTrunk, shop: str) -> None:
    view = world.manager.credit.recharge(shop)
    assert (view.enabled, view.state, view.words) == (True, "active", "Auto-recharge active")
    assert (view.amount, view.minimum) == (money("10"), money("2"))


def test_a_running_call_is_recharged_before_its_money_is_used_up(world: ManagedTrunk, shop: str) -> None:
    world.manager.credit.take_back(ADA, shop, money("2.90"), world.key())
    call = world.call(shop)
    for _ in range(12 * 60):
        world.now += 5
        world.extend_calls()
        world.manager.tick(world.now)
    assert call is not None
    assert call.key in world.calls
    assert world.hang_up(call).cost == money("5.139")
    assert world.credit(shop) == money("2.10") + money("10") - money("5.139")


def test_one_amount_comes_at_a_time_until_the_minimum_is_passed(world: ManagedTrunk, shop: str) -> None:
    world.manager.credit.set_recharge(ADA, shop, True, money("10"), money("32"))
    for _ in range(5):
        world.now += CHECK_EVERY
        world.manager.tick(world.now)
    assert world.credit(shop) == money("35")


def test_saving_a_minimum_that_is_reached_already_recharges_at_once(world: ManagedTrunk, shop: str) -> None:
    world.manager.credit.set_recharge(ADA, shop, True, money("10"), money("5"))
    assert world.credit(shop) == money("15")


def test_switched_off_it_does_nothing(world: ManagedTrunk, shop: str) -> None:
    world.manager.credit.set_recharge(ADA, shop, False, money("10"), money("2"))
    drain(world, shop, "1")
    world.pass_days(1)
    assert world.credit(shop) == money("1")
    assert world.manager.credit.recharge(shop).state == "off"


class TestTooSmallAManagersBalance:
    def test_it_says_so_before_it_is_needed(self, world: ManagedTrunk, shop: str) -> None:
        empty_the_manager(world)
        view = world.manager.credit.recharge(shop)
        assert view.state == "active"
        assert view.words == (
            "Auto-recharge active; but the Manager's balance of 0.00 EUR is too small: add money to it"
        )

    def test_it_says_so_and_stops_nothing_else(self, world: ManagedTrunk, shop: str) -> None:
        other = empty_the_manager(world)
        world.talk(shop, seconds=40 * 60)
        view = world.manager.credit.recharge(shop)
        assert view.state == "active"  # nobody looked yet
        world.manager.tick(world.now)
        view = world.manager.credit.recharge(shop)
        assert (view.enabled, view.state) == (True, "waiting")
        assert "balance of 0.00 EUR is less than 10.00 EUR" in view.words
        assert "next try in 60 s" in view.words
        assert world.talk(other) is not None

    def test_it_is_retried_by_the_clock(self, world: ManagedTrunk, shop: str) -> None:
        other = empty_the_manager(world)
        world.talk(shop, seconds=40 * 60)
        world.manager.tick(world.now)
        world.manager.credit.set_recharge(ADA, other, False, money("10"), money("2"))
        assert world.manager.credit.recharge(shop).retry_at == world.now + RETRY_AFTER
        world.manager.tick(world.now + RETRY_AFTER - 1)
        before = world.credit(shop)
        world.now += RETRY_AFTER
        world.manager.tick(world.now)
        assert world.manager.credit.recharge(shop).retry_at == world.now + RETRY_AFTER
        assert world.credit(shop) == before

    def test_it_is_retried_when_money_comes(self, world: ManagedTrunk, shop: str) -> None:
        empty_the_manager(world)
        world.talk(shop, seconds=40 * 60)
        world.manager.tick(world.now)
        before = world.credit(shop)
        world.fund("10")
        assert world.credit(shop) == before + money("10")
        assert world.manager.credit.recharge(shop).state == "active"

    def test_it_is_retried_when_another_profile_gives_credit_back(
        self, world: ManagedTrunk, shop: str
    ) -> None:
        other = empty_the_manager(world)
        world.talk(shop, seconds=40 * 60)
        world.manager.tick(world.now)
        world.manager.credit.take_back(ADA, other, money("10"), world.key())
        assert world.manager.credit.recharge(shop).state == "active"
        assert world.manager_balance() == 0

    def test_credit_that_comes_by_hand_ends_the_waiting(self, world: ManagedTrunk, shop: str) -> None:
        empty_the_manager(world)
        world.talk(shop, seconds=40 * 60)
        world.manager.tick(world.now)
        world.fund("5")
        world.manager.credit.add_credit(ADA, shop, money("5"), world.key())
        world.now += RETRY_AFTER
        world.manager.tick(world.now)
        assert world.manager.credit.recharge(shop).state == "active"

    def test_it_waits_on_after_a_restart(self, file_world: ManagedTrunk) -> None:
        username = file_world.bought(1)
        file_world.manager.credit.add_credit(ADA, username, file_world.manager_balance(), file_world.key())
        file_world.manager.credit.set_recharge(ADA, username, True, money("10"), money("2000"))
        file_world.crash()
        assert file_world.manager.credit.recharge(username).state == "waiting"


def test_each_recharge_is_made_once_however_often_the_process_dies(file_world: ManagedTrunk) -> None:
    username = file_world.bought(1)
    file_world.manager.credit.set_recharge(ADA, username, True, money("10"), money("2"))
    for _ in range(3):
        file_world.crash()
    assert file_world.credit(username) == money("10")


def test_a_database_that_fails_leaves_it_to_the_next_look(world: ManagedTrunk, shop: str) -> None:
    world.talk(shop, seconds=40 * 60)
    before = world.credit(shop)
    with failing_at_statement(world.database, 1):
        world.manager.tick(world.now)
    assert world.credit(shop) == before
    world.manager.tick(world.now + CHECK_EVERY)
    assert world.credit(shop) == before + money("10")
    assert world.agrees(shop)


@pytest.mark.parametrize(
    ("amount", "minimum", "field"),
    [("0.99", "2", "amount"), ("10001", "2", "amount"), ("10", "-1", "minimum"), ("10", "10001", "minimum")],
)
def test_settings_that_cannot_be_are_refused(
    world: ManagedTrunk, shop: str, amount: str, minimum: str, field: str
) -> None:
    with pytest.raises(Problem, match="write an amount") as caught:
        world.manager.credit.set_recharge(ADA, shop, True, money(amount), money(minimum))
    assert (caught.value.status, caught.value.field) == (422, field)
    assert world.manager.credit.recharge(shop).amount == money("10")


def test_without_auto_recharge_the_clock_is_not_needed_each_second(world: ManagedTrunk) -> None:
    world.bought(1)
    assert world.manager.tick(world.now) == world.now + 60
    world.manager.credit.set_recharge(ADA, world.bought(1), True, money("1"), money("0"))
    assert world.manager.tick(world.now) == world.now + CHECK_EVERY
