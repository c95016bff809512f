"""Skype Credit: Quick Start Guide step 4, facts.md "Commercial"."""

import pytest

from reference_server.ledger import accounts
from reference_server.manager.problem import Problem
from tests.reference_server.manager.managed_trunk import (
    ADA,
    FILE_PROFILE,
    VERA,
    ManagedTrunk,
    money,
)


@pytest.fixture
def shop(world: ManagedTrunk) -> str:
    """A profile with 20.00 of credit."""
    username = world.bought(2)
    world.manager.credit.add_credit(ADA, username, money("20"), world.key())
    return username


class TestTheManagersBalance:
    def test_a_payment_adds_to_it(self, world: ManagedTrunk) -> None:
        assert world.manager.credit.fund_manager(ADA, money("12.34"), "key") == money("1012.34")
        assert world.manager.credit.manager_balance() == money("1012.34")
        assert world.balance(accounts.PAYMENTS) == -money("1012.34")

    def test_the_same_payment_again_adds_nothing(self, world: ManagedTrunk) -> None:
        for _ in range(2):
            assert world.manager.credit.fund_manager(ADA, money("1"), "key") == money("1001")

    @pytest.mark.parametrize("amount", [0, -1, money("1000000") + 1])
    def test_an_amount_is_above_nothing_and_at_most_a_million(self, world: ManagedTrunk, amount: int) -> None:
        with pytest.raises(Problem, match="above 0") as caught:
            world.manager.credit.fund_manager(ADA, amount, "key")
        assert (caught.value.status, caught.value.field) == (422, "amount")

    def test_viewers_move_no_money(self, world: ManagedTrunk, shop: str) -> None:
        credit = world.manager.credit
        for service in (
            lambda: credit.fund_manager(VERA, money("1"), "a"),
            lambda: credit.add_credit(VERA, shop, money("1"), "b"),
            lambda: credit.take_back(VERA, shop, money("1"), "c"),
            lambda: credit.set_recharge(VERA, shop, True, money("1"), 0),
        ):
            with pytest.raises(Problem) as caught:
                service()
            assert caught.value.status == 403
        assert world.credit(shop) == money("20")


class TestAddingCredit:
    def test_it_comes_from_the_managers_balance_and_can_be_called_with_at_once(
        self, world: ManagedTrunk, shop: str
    ) -> None:
        before = world.manager_balance()
        view = world.manager.credit.add_credit(ADA, shop, money("5"), world.key())
        assert (view.credit, view.available) == (money("25"), money("25"))
        assert before - world.manager_balance() == money("5")
        assert world.agrees(shop)

    def test_the_same_key_again_adds_nothing(self, world: ManagedTrunk, shop: str) -> None:
        views = [world.manager.credit.add_credit(ADA, shop, money("5"), "key") for _ in range(3)]
        assert [view.credit for view in views] == [money("25")] * 3

    def test_more_than_the_manager_has_is_refused(self, world: ManagedTrunk, shop: str) -> None:
        with pytest.raises(Problem, match="add at least") as caught:
            world.manager.credit.add_credit(ADA, shop, money("1000"), "key")
        assert (caught.value.status, caught.value.kind) == (402, "manager-balance")
        assert world.credit(shop) == money("20")

    def test_an_unknown_profile_gets_none(self, world: ManagedTrunk) -> None:
        with pytest.raises(Problem) as caught:
            world.manager.credit.add_credit(ADA, "99051000000000", money("1"), "key")
        assert caught.value.status == 404

    def test_a_profile_of_the_settings_file_may_have_more_too(self) -> None:
        world = ManagedTrunk(profiles=[{"sip_username": FILE_PROFILE, "password": "x", "credit": "3.00"}])
        world.fund("10")
        assert world.manager.credit.add_credit(ADA, FILE_PROFILE, money("4"), "key").credit == money("7")
        world.crash()
        assert world.credit(FILE_PROFILE) == money("7")


class TestTakingBack:
    def test_it_returns_to_the_managers_balance(self, world: ManagedTrunk, shop: str) -> None:
        before = world.manager_balance()
        view = world.manager.credit.take_back(ADA, shop, money("20"), world.key())
        assert (view.credit, view.available) == (0, 0)
        assert world.manager_balance() - before == money("20")

    def test_the_same_key_again_takes_nothing(self, world: ManagedTrunk, shop: str) -> None:
        views = [world.manager.credit.take_back(ADA, shop, money("5"), "key") for _ in range(3)]
        assert [view.credit for view in views] == [money("15")] * 3
        assert world.agrees(shop)

    def test_more_than_there_is_is_refused(self, world: ManagedTrunk, shop: str) -> None:
        with pytest.raises(Problem, match=r"20\.00 EUR can be taken back, not 20\.01 EUR") as caught:
            world.manager.credit.take_back(ADA, shop, money("20.01"), world.key())
        assert (caught.value.status, caught.value.kind) == (409, "not-available")
        assert world.agrees(shop)

    def test_what_a_running_call_has_reserved_stays(self, world: ManagedTrunk, shop: str) -> None:
        call = world.call(shop)
        assert call is not None
        view = world.manager.profiles.get(shop)
        assert view.available < view.credit == money("20")
        with pytest.raises(Problem, match="running calls have reserved"):
            world.manager.credit.take_back(ADA, shop, money("20"), world.key())
        world.manager.credit.take_back(ADA, shop, view.available, world.key())
        assert world.live.available(shop) == 0
        world.now += 50
        row = world.hang_up(call)
        assert world.credit(shop) == money("20") - view.available - row.cost >= 0
        assert world.agrees(shop)

    def test_what_an_ended_call_cost_cannot_be_taken_back_before_it_is_written(
        self, world: ManagedTrunk, shop: str
    ) -> None:
        call = world.call(shop)
        assert call is not None
        world.now += 30
        world.hang_up(call)  # its charge waits for the next commit
        with pytest.raises(Problem):
            world.manager.credit.take_back(ADA, shop, money("20"), world.key())
        assert world.agrees(shop)


class TestHistory:
    def test_it_shows_each_movement_with_the_balance_after_it(self, world: ManagedTrunk, shop: str) -> None:
        world.talk(shop, seconds=61)
        world.manager.credit.take_back(ADA, shop, money("2"), world.key())
        lines = world.manager.credit.history(shop)
        assert [line.kind for line in lines] == ["take-back", "call", "add-credit"]
        assert [line.actor for line in lines] == ["Ada", "trunk", "Ada"]
        assert lines[0].balance == world.credit(shop)
        assert [one.balance - one.amount for one in lines] == [lines[1].balance, lines[2].balance, 0]

    def test_that_of_the_manager_goes_page_by_page(self, world: ManagedTrunk, shop: str) -> None:
        first = world.manager.credit.history(None, last=2)
        rest = world.manager.credit.history(None, last=10, before=first[-1].id)
        assert [line.kind for line in (*first, *rest)] == ["add-credit", "channels", "payment"]

    def test_an_unknown_profile_has_none(self, world: ManagedTrunk) -> None:
        with pytest.raises(Problem) as caught:
            world.manager.credit.history("nobody")
        assert caught.value.status == 404
