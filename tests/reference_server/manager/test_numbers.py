"""Online Numbers: Quick Start Guide step 7."""

import pytest

from reference_server.manager.problem import Problem
from tests.reference_server.manager.managed_trunk import (
    ADA,
    FILE_PROFILE,
    LONDON,
    VERA,
    ManagedTrunk,
    local,
    money,
)

PRICE = money("4.50")
NEXT = "+442079460701"


def rings(world: ManagedTrunk, number: str) -> str | None:
    """The profile that a number rings on the trunk."""
    owner = world.trunk.parts.community.accounts.profile_with(number)
    return None if owner is None else owner.username


class TestTheStock:
    def test_it_is_told_by_country_and_area(self, world: ManagedTrunk) -> None:
        countries = {country.code: country for country in world.manager.numbers.countries()}
        assert countries["GB"].name == "United Kingdom"
        assert "London" in countries["GB"].areas
        assert countries["GB"].price == PRICE
        stock = world.manager.numbers.stock("GB", "London")
        assert stock[0].number == LONDON
        assert {one.area for one in stock} == {"London"}
        assert len(world.manager.numbers.stock("GB")) > len(stock)

    def test_what_is_sold_is_not_in_it(self, world: ManagedTrunk) -> None:
        world.manager.numbers.buy(ADA, LONDON, None, world.key())
        assert LONDON not in [one.number for one in world.manager.numbers.stock("GB", "London")]

    def test_a_number_of_the_settings_file_is_not_in_it(self) -> None:
        profile = {"sip_username": FILE_PROFILE, "password": "x", "online_numbers": [LONDON]}
        world = ManagedTrunk(profiles=[profile])
        world.fund("100")
        assert LONDON not in [one.number for one in world.manager.numbers.stock("GB", "London")]
        with pytest.raises(Problem, match="settings file") as caught:
            world.manager.numbers.buy(ADA, LONDON, None, "key")
        assert caught.value.status == 409

    def test_an_area_without_numbers_left_is_not_offered(self, world: ManagedTrunk) -> None:
        for one in world.manager.numbers.stock("EE", "Tartu"):
            world.manager.numbers.buy(ADA, one.number, None, world.key())
        countries = {country.code: country.areas for country in world.manager.numbers.countries()}
        assert countries["EE"] == ["Tallinn"]

    @pytest.mark.parametrize(
        ("country", "area", "words"),
        [("XX", None, "there are numbers in: GB, US"), ("GB", "Paris", "it has: London, Leeds")],
    )
    def test_an_unknown_place_is_answered_with_the_known_ones(
        self, world: ManagedTrunk, country: str, area: str | None, words: str
    ) -> None:
        with pytest.raises(Problem, match=words) as caught:
            world.manager.numbers.stock(country, area)
        assert caught.value.status == 404


class TestBuying:
    def test_a_number_is_paid_for_30_days_and_can_be_allocated_later(self, world: ManagedTrunk) -> None:
        view = world.manager.numbers.buy(ADA, LONDON, None, world.key())
        assert (view.country, view.area, view.price, view.state) == ("GB", "London", PRICE, "active")
        assert local(view.ends) == "2026-02-09 12:00"
        assert world.manager_balance() == money("1000") - PRICE
        assert world.manager.numbers.unallocated() == [view]

    def test_bought_for_a_profile_it_rings_there_at_once(self, world: ManagedTrunk) -> None:
        username = world.bought(1)
        assert world.manager.numbers.buy(ADA, LONDON, username, world.key()).sip_username == username
        assert rings(world, LONDON) == username
        assert world.manager.numbers.unallocated() == []

    def test_the_same_key_again_buys_nothing(self, world: ManagedTrunk) -> None:
        for _ in range(2):
            world.manager.numbers.buy(ADA, LONDON, None, "key")
        assert world.manager_balance() == money("1000") - PRICE

    def test_what_is_sold_cannot_be_bought(self, world: ManagedTrunk) -> None:
        world.manager.numbers.buy(ADA, LONDON, None, world.key())
        with pytest.raises(Problem, match="ours already") as caught:
            world.manager.numbers.buy(ADA, LONDON, None, world.key())
        assert caught.value.status == 409

    def test_what_is_not_in_the_stock_cannot_be_bought(self, world: ManagedTrunk) -> None:
        with pytest.raises(Problem, match="not in the stock") as caught:
            world.manager.numbers.buy(ADA, "+442079460123", None, world.key())
        assert caught.value.status == 404

    def test_too_small_a_balance_buys_nothing(self) -> None:
        world = ManagedTrunk()
        with pytest.raises(Problem) as caught:
            world.manager.numbers.buy(ADA, LONDON, None, "key")
        assert (caught.value.status, caught.value.kind) == (402, "manager-balance")
        assert world.manager.numbers.owned() == []

    def test_a_viewer_buys_nothing(self, world: ManagedTrunk) -> None:
        with pytest.raises(Problem) as caught:
            world.manager.numbers.buy(VERA, LONDON, None, "key")
        assert caught.value.status == 403


class TestAllocating:
    def test_a_number_rings_one_profile_at_most(self, world: ManagedTrunk) -> None:
        first, second = world.bought(1), world.bought(1)
        world.manager.numbers.buy(ADA, LONDON, first, world.key())
        with pytest.raises(Problem, match=f"rings profile {first}; detach it") as caught:
            world.manager.numbers.allocate(ADA, second, LONDON)
        assert (caught.value.status, caught.value.kind) == (409, "number-allocated")
        world.manager.numbers.detach(ADA, LONDON)
        assert rings(world, LONDON) is None
        assert world.manager.numbers.allocate(ADA, second, LONDON).sip_username == second
        assert rings(world, LONDON) == second

    def test_a_profile_may_have_many(self, world: ManagedTrunk) -> None:
        """facts.md, Inbound: "a profile may hold many of both"."""
        username = world.bought(1)
        for number in (LONDON, NEXT):
            world.manager.numbers.buy(ADA, number, username, world.key())
        assert [one.number for one in world.manager.profiles.get(username).numbers] == [LONDON, NEXT]

    def test_to_a_profile_of_the_settings_file_it_cannot_be(self) -> None:
        world = ManagedTrunk(profiles=[{"sip_username": FILE_PROFILE, "password": "x"}])
        world.fund("100")
        world.manager.numbers.buy(ADA, LONDON, None, world.key())
        with pytest.raises(Problem, match="settings file"):
            world.manager.numbers.allocate(ADA, FILE_PROFILE, LONDON)

    def test_released_it_is_in_the_stock_again(self, world: ManagedTrunk) -> None:
        username = world.bought(1)
        world.manager.numbers.buy(ADA, LONDON, username, world.key())
        world.manager.numbers.release(ADA, LONDON)
        assert rings(world, LONDON) is None
        assert world.manager.numbers.owned() == []
        assert world.manager.numbers.stock("GB", "London")[0].number == LONDON
        with pytest.raises(Problem) as caught:
            world.manager.numbers.release(ADA, LONDON)
        assert caught.value.status == 404

    def test_it_rings_on_after_a_restart(self, file_world: ManagedTrunk) -> None:
        username = file_world.bought(1)
        file_world.manager.numbers.buy(ADA, LONDON, username, file_world.key())
        file_world.crash()
        assert rings(file_world, LONDON) == username


class TestRenewal:
    def test_a_number_is_renewed_every_30_days(self, world: ManagedTrunk) -> None:
        world.manager.numbers.buy(ADA, LONDON, None, world.key())
        world.pass_days(61)
        assert world.manager_balance() == money("1000") - 3 * PRICE

    def test_unpaid_it_stops_ringing_but_stays_ours(self, world: ManagedTrunk) -> None:
        username = world.bought(1)
        world.manager.numbers.buy(ADA, LONDON, username, world.key())
        world.manager.credit.add_credit(ADA, username, world.manager_balance(), world.key())
        world.pass_days(31)
        view = world.manager.numbers.get(LONDON)
        assert (view.state, view.sip_username) == ("unpaid", username)
        assert rings(world, LONDON) is None
        assert LONDON not in [one.number for one in world.manager.numbers.stock("GB", "London")]
        with pytest.raises(Problem, match="buy it again"):
            world.manager.numbers.allocate(ADA, username, LONDON)

    def test_bought_again_it_rings_again(self, world: ManagedTrunk) -> None:
        username = world.bought(1)
        world.manager.numbers.buy(ADA, LONDON, username, world.key())
        world.manager.credit.add_credit(ADA, username, world.manager_balance(), world.key())
        world.pass_days(40)
        world.fund("10")
        world.pass_days(1)
        assert rings(world, LONDON) is None  # money alone is not enough
        view = world.manager.numbers.buy(ADA, LONDON, None, world.key())
        assert (view.state, view.sip_username, rings(world, LONDON)) == ("active", username, username)
        assert view.ends == pytest.approx(world.now + 30 * 86_400)
        assert world.manager_balance() == money("10") - PRICE

    def test_what_was_missed_while_nothing_ran_is_paid_once_each(self, file_world: ManagedTrunk) -> None:
        file_world.manager.numbers.buy(ADA, LONDON, None, file_world.key())
        file_world.now += 95 * 86_400
        for _ in range(2):
            file_world.crash()
        assert file_world.manager_balance() == money("1000") - 4 * PRICE

    def test_a_number_that_is_no_longer_sold_keeps_its_price(self, world: ManagedTrunk) -> None:
        world.manager.numbers.buy(ADA, LONDON, None, world.key())
        world.prices = world.prices.model_copy(update={"country": ()})
        world.open()
        world.pass_days(31)
        assert world.manager_balance() == money("1000") - 2 * PRICE
