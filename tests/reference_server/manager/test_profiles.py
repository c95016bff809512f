"""SIP Profiles: Quick Start Guide step 2, facts.md "Address, names, credentials"."""

import re

import pytest

from reference_server.ledger.movement import SECONDS
from reference_server.manager.problem import Problem
from reference_server.manager.profile_view import BUY_TO_ACTIVATE
from tests.reference_server.manager.managed_trunk import (
    ADA,
    FILE_PROFILE,
    LONDON,
    US,
    VERA,
    ManagedTrunk,
    money,
)


class TestSettingUp:
    def test_a_new_profile_has_a_sip_username_and_waits_for_a_subscription(self, world: ManagedTrunk) -> None:
        view = world.manager.profiles.set_up(ADA, "  Head office ")
        assert re.fullmatch(r"99051000[0-9]{6}", view.sip_username)
        assert (view.name, view.state, view.channels) == ("Head office", "new", 0)
        assert view.notice == BUY_TO_ACTIVATE
        assert world.manager_balance() == money("1000")

    def test_its_calls_are_refused_until_then(self, world: ManagedTrunk) -> None:
        view = world.manager.profiles.set_up(ADA, "Head office")
        profile = world.trunk.parts.profiles.named(view.sip_username)
        assert profile is not None
        assert not profile.active

    def test_there_may_be_as_many_as_wanted(self, world: ManagedTrunk) -> None:
        """Guide: "You can have as many profiles as you like"."""
        made = {world.manager.profiles.set_up(ADA, f"Shop {number}").sip_username for number in range(50)}
        assert len(made) == len(world.manager.profiles.all()) == 50

    def test_a_sip_username_is_never_given_twice(self, world: ManagedTrunk) -> None:
        username = world.bought(1)
        world.manager.profiles.remove(ADA, username)
        first = int(username[-6:])
        numbers = iter([first, first, 4])
        world.rng.randrange = lambda *_: next(numbers)  # type: ignore[method-assign]  # chance has no luck
        assert world.manager.profiles.set_up(ADA, "Shop").sip_username == "99051000000004"

    @pytest.mark.parametrize("name", ["", "   ", "x" * 201, "two\nlines"])
    def test_a_name_is_1_to_200_printable_characters(self, world: ManagedTrunk, name: str) -> None:
        with pytest.raises(Problem, match="write a name") as caught:
            world.manager.profiles.set_up(ADA, name)
        assert (caught.value.status, caught.value.field) == (422, "name")

    def test_a_viewer_sets_nothing_up(self, world: ManagedTrunk) -> None:
        with pytest.raises(Problem) as caught:
            world.manager.profiles.set_up(VERA, "Shop")
        assert caught.value.status == 403
        assert world.manager.profiles.all() == []


class TestPages:
    def test_profiles_are_listed_by_name_each_as_its_own_page(self, world: ManagedTrunk) -> None:
        later = world.bought(2, 1, name="zebra")
        first = world.bought(1, name="Ape")
        world.manager.numbers.buy(ADA, LONDON, later, world.key())
        world.manager.accounts.create(ADA, "sales.example", "Sales", "password 1")
        world.manager.accounts.attach(ADA, later, "sales.example", "200")
        world.manager.credit.add_credit(ADA, later, money("3"), world.key())
        world.manager.credit.set_recharge(ADA, later, True, money("1"), money("1"))
        world.manager.profiles.verify_landline(ADA, later, "+442079460123")
        world.talk(later, US, 30)
        shown = world.manager.profiles.all()
        assert [view.sip_username for view in shown] == [first, later]
        assert shown == [world.manager.profiles.get(first), world.manager.profiles.get(later)]
        assert [one.number for one in shown[1].numbers] == [LONDON]
        assert [(one.name, one.extension) for one in shown[1].accounts] == [("sales.example", "200")]
        assert shown[1].landlines == ["+442079460123"]
        assert (shown[1].bundle_seconds_used, shown[1].recharge.state) == (30, "active")

    def test_a_profile_of_the_settings_file_is_shown_with_its_credit(self) -> None:
        profile = {"sip_username": FILE_PROFILE, "password": "x", "name": "Lab", "channels": 7}
        view = ManagedTrunk(profiles=[profile]).manager.profiles.get(FILE_PROFILE)
        assert (view.origin, view.state, view.name, view.channels) == ("file", "active", "Lab", 7)
        assert (view.credit, view.subscription) == (money("25"), None)

    def test_an_unknown_profile_is_not_found(self, world: ManagedTrunk) -> None:
        with pytest.raises(Problem, match="no profile has the SIP username 1") as caught:
            world.manager.profiles.get("1")
        assert (caught.value.status, caught.value.kind) == (404, "not-found")


class TestRenaming:
    def test_a_profile_gets_another_name(self, world: ManagedTrunk) -> None:
        username = world.bought(1)
        assert world.manager.profiles.rename(ADA, username, "Depot").name == "Depot"
        profile = world.trunk.parts.profiles.named(username)
        assert profile is not None
        assert profile.name == "Depot"


class TestRemoving:
    def test_its_credit_goes_back_and_what_was_its_own_is_free_again(self, world: ManagedTrunk) -> None:
        username = world.bought(2, 1)
        world.manager.numbers.buy(ADA, LONDON, username, world.key())
        world.manager.accounts.create(ADA, "sales.example", "Sales", "password 1")
        world.manager.accounts.attach(ADA, username, "sales.example")
        balance = world.manager_balance()
        world.manager.credit.add_credit(ADA, username, money("9"), world.key())
        world.manager.credit.set_recharge(ADA, username, True, money("1"), money("1"))
        world.manager.profiles.remove(ADA, username)
        assert world.manager_balance() == balance
        assert (world.credit(username), world.bundle(username)) == (0, 0)
        assert world.live.available(username, SECONDS) == 0
        assert world.manager.numbers.get(LONDON).sip_username is None
        assert world.manager.accounts.get("sales.example").sip_username is None
        assert world.trunk.parts.profiles.named(username) is None
        assert world.manager.profiles.all() == []
        world.pass_days(70)
        assert world.kinds(f"profile:{username}") == ["add-credit", "take-back"]

    def test_one_with_a_call_stays(self, world: ManagedTrunk) -> None:
        username = world.bought(1)
        world.manager.credit.add_credit(ADA, username, money("9"), world.key())
        call = world.call(username)
        assert call is not None
        with pytest.raises(Problem, match="in progress") as caught:
            world.manager.profiles.remove(ADA, username)
        assert caught.value.status == 409
        world.hang_up(call)
        world.manager.profiles.remove(ADA, username)
        assert world.manager.profiles.all() == []

    def test_one_of_the_settings_file_is_removed_there(self) -> None:
        world = ManagedTrunk(profiles=[{"sip_username": FILE_PROFILE, "password": "x"}])
        with pytest.raises(Problem, match="settings file"):
            world.manager.profiles.remove(ADA, FILE_PROFILE)

    def test_its_subscription_is_renewed_no_more(self, world: ManagedTrunk) -> None:
        username = world.bought(1)
        world.manager.profiles.remove(ADA, username)
        balance = world.manager_balance()
        world.pass_days(40)
        assert world.manager_balance() == balance
