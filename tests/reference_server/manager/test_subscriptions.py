"""Channel subscriptions: Quick Start Guide step 2, facts.md "Commercial"."""

import pytest

from reference_server.manager.problem import Problem
from reference_server.manager.profile_view import BUY_TO_ACTIVATE
from tests.reference_server.manager.managed_trunk import (
    ADA,
    FILE_PROFILE,
    VERA,
    ManagedTrunk,
    local,
    money,
)

CHANNEL = money("5.95")
BUNDLE = money("39.95")


class TestQuotes:
    def test_a_quote_is_channels_and_bundles_at_the_price_list(self, world: ManagedTrunk) -> None:
        quote = world.manager.profiles.quote(10, 2)
        assert (quote.channel_cost, quote.bundle_cost) == (10 * CHANNEL, 2 * BUNDLE)
        assert (quote.total, quote.currency, quote.days) == (10 * CHANNEL + 2 * BUNDLE, "EUR", 30)

    @pytest.mark.parametrize("channels", [0, -1, 301])
    def test_a_profile_has_1_to_300_channels(self, world: ManagedTrunk, channels: int) -> None:
        """Guide: "You can add a maximum of 300 channels per SIP Profile"."""
        with pytest.raises(Problem, match="1 to 300") as caught:
            world.manager.profiles.quote(channels, 0)
        assert (caught.value.status, caught.value.field) == (422, "channels")

    @pytest.mark.parametrize(("channels", "bundles"), [(3, 4), (1, -1)])
    def test_bundles_never_exceed_channels(self, world: ManagedTrunk, channels: int, bundles: int) -> None:
        """Guide: "cannot exceed the number of channels you have entered"."""
        with pytest.raises(Problem, match="cannot exceed the number of channels") as caught:
            world.manager.profiles.quote(channels, bundles)
        assert (caught.value.status, caught.value.field) == (422, "us_minute_bundles")

    def test_as_many_bundles_as_channels_can_be_bought(self, world: ManagedTrunk) -> None:
        assert world.manager.profiles.quote(300, 300).us_minute_bundles == 300


class TestBuying:
    def test_buying_is_paid_from_the_managers_balance_for_30_days(self, world: ManagedTrunk) -> None:
        username = world.bought(3, 2)
        view = world.manager.profiles.get(username)
        assert world.manager_balance() == money("1000") - 3 * CHANNEL - 2 * BUNDLE
        assert (view.state, view.channels, view.us_minute_bundles) == ("active", 3, 2)
        assert view.subscription is not None
        assert local(view.subscription.ends) == "2026-02-09 12:00"
        assert view.subscription.price == 3 * CHANNEL + 2 * BUNDLE

    def test_the_trunk_lets_the_profile_call_at_once(self, world: ManagedTrunk) -> None:
        profile = world.trunk.parts.profiles.named(world.bought(3))
        assert profile is not None
        assert (profile.active, profile.channels) == (True, 3)

    def test_the_same_key_again_buys_nothing(self, world: ManagedTrunk) -> None:
        username = world.manager.profiles.set_up(ADA, "Shop").sip_username
        first = world.manager.profiles.buy(ADA, username, 1, 0, "once")
        assert world.manager.profiles.buy(ADA, username, 1, 0, "once") == first
        assert world.manager_balance() == money("1000") - CHANNEL

    def test_the_same_key_for_something_else_is_refused(self, world: ManagedTrunk) -> None:
        username = world.manager.profiles.set_up(ADA, "Shop").sip_username
        world.manager.profiles.buy(ADA, username, 1, 0, "once")
        with pytest.raises(Problem, match="was used for 'buy 1 channels") as caught:
            world.manager.profiles.buy(ADA, username, 2, 0, "once")
        assert (caught.value.status, caught.value.kind) == (409, "key-reused")

    def test_too_small_a_balance_buys_nothing_and_says_what_is_missing(self, world: ManagedTrunk) -> None:
        username = world.manager.profiles.set_up(ADA, "Shop").sip_username
        with pytest.raises(Problem, match=r"add at least 785\.00 EUR") as caught:
            world.manager.profiles.buy(ADA, username, 300, 0, "key")
        assert (caught.value.status, caught.value.kind) == (402, "manager-balance")
        assert world.manager.profiles.get(username).state == "new"
        assert world.manager_balance() == money("1000")
        world.fund("1000")
        assert world.manager.profiles.buy(ADA, username, 300, 0, "key").channels == 300

    def test_a_profile_that_has_a_subscription_changes_it(self, world: ManagedTrunk) -> None:
        username = world.bought(2)
        with pytest.raises(Problem, match="2 channels runs until 2026-02-09") as caught:
            world.manager.profiles.buy(ADA, username, 3, 0, world.key())
        assert (caught.value.status, caught.value.kind) == (409, "subscription-runs")

    def test_a_viewer_buys_nothing(self, world: ManagedTrunk) -> None:
        username = world.manager.profiles.set_up(ADA, "Shop").sip_username
        with pytest.raises(Problem) as caught:
            world.manager.profiles.buy(VERA, username, 1, 0, "key")
        assert caught.value.status == 403

    def test_a_profile_of_the_settings_file_is_changed_there(self) -> None:
        world = ManagedTrunk(profiles=[{"sip_username": FILE_PROFILE, "password": "x"}])
        world.fund("100")
        with pytest.raises(Problem, match="settings file") as caught:
            world.manager.profiles.buy(ADA, FILE_PROFILE, 1, 0, "key")
        assert (caught.value.status, caught.value.kind) == (409, "file-profile")

    @pytest.mark.parametrize("key", ["", "x" * 201, "line\nbreak"])
    def test_a_key_is_1_to_200_printable_characters(self, world: ManagedTrunk, key: str) -> None:
        username = world.manager.profiles.set_up(ADA, "Shop").sip_username
        with pytest.raises(Problem, match="printable") as caught:
            world.manager.profiles.buy(ADA, username, 1, 0, key)
        assert (caught.value.status, caught.value.field) == (422, "key")

    def test_free_channels_are_bought_without_a_movement(self) -> None:
        world = ManagedTrunk()
        world.prices = world.prices.model_copy(update={"channel": 0})
        world.open()
        username = world.bought(5)
        assert world.manager.profiles.get(username).state == "active"
        assert world.kinds("manager") == []


class TestChanging:
    def test_the_old_subscription_ends_and_a_new_one_is_paid_in_full(self, world: ManagedTrunk) -> None:
        username = world.bought(2)
        world.pass_days(10)
        view = world.manager.profiles.change(ADA, username, 5, 1, world.key())
        assert world.manager_balance() == money("1000") - 7 * CHANNEL - BUNDLE
        assert view.subscription is not None
        assert local(view.subscription.started) == "2026-01-20 12:00"
        assert local(view.subscription.ends) == "2026-02-19 12:00"
        old, new = reversed(world.manager.subscriptions.history(username))
        assert (old.closed_by, old.closed, new.closed) == ("change", world.now, None)

    def test_calls_in_progress_go_on(self, world: ManagedTrunk) -> None:
        username = world.bought(2)
        world.manager.credit.add_credit(ADA, username, money("5"), world.key())
        call = world.call(username)
        assert call is not None
        world.manager.profiles.change(ADA, username, 1, 0, world.key())
        world.now += 30
        assert world.hang_up(call).cost > 0
        assert world.agrees(username)

    def test_a_change_to_the_same_is_refused(self, world: ManagedTrunk) -> None:
        username = world.bought(2, 1)
        with pytest.raises(Problem, match="already") as caught:
            world.manager.profiles.change(ADA, username, 2, 1, world.key())
        assert caught.value.status == 409

    def test_without_a_subscription_there_is_nothing_to_change(self, world: ManagedTrunk) -> None:
        username = world.manager.profiles.set_up(ADA, "Shop").sip_username
        with pytest.raises(Problem, match="buy a channel subscription") as caught:
            world.manager.profiles.change(ADA, username, 1, 0, world.key())
        assert caught.value.status == 409

    def test_a_change_that_cannot_be_paid_leaves_the_old_one(self, world: ManagedTrunk) -> None:
        username = world.bought(2)
        with pytest.raises(Problem):
            world.manager.profiles.change(ADA, username, 300, 0, world.key())
        view = world.manager.profiles.get(username)
        assert (view.state, view.channels) == ("active", 2)
        assert [term.closed for term in world.manager.subscriptions.history(username)] == [None]


class TestRenewal:
    def test_a_subscription_is_renewed_by_itself(self, world: ManagedTrunk) -> None:
        username = world.bought(2)
        world.pass_until("2026-02-09 11:59")
        assert world.manager_balance() == money("1000") - 2 * CHANNEL
        world.pass_until("2026-02-09 12:00")
        assert world.manager_balance() == money("1000") - 4 * CHANNEL
        view = world.manager.profiles.get(username)
        assert view.subscription is not None
        assert local(view.subscription.ends) == "2026-03-11 12:00"

    def test_renewals_keep_their_hour_through_summer_time(self, world: ManagedTrunk) -> None:
        username = world.bought(1)
        world.pass_days(365)
        ends = [local(term.ends) for term in world.manager.subscriptions.history(username)]
        assert len(ends) == 13
        assert {end[-5:] for end in ends} == {"12:00"}

    def test_an_unpaid_renewal_makes_the_profile_inactive(self, world: ManagedTrunk) -> None:
        """facts.md: "Buy a channel subscription to activate this profile"."""
        username = world.bought(100)
        world.pass_days(31)
        view = world.manager.profiles.get(username)
        assert (view.state, view.notice) == ("inactive", BUY_TO_ACTIVATE)
        assert view.subscription is not None
        assert not view.subscription.renews
        profile = world.trunk.parts.profiles.named(username)
        assert profile is not None
        assert not profile.active
        assert world.manager_balance() == money("1000") - 100 * CHANNEL
        assert world.manager.subscriptions.history(username)[0].closed_by == "unpaid"

    def test_money_alone_does_not_activate_it_but_buying_again_does(self, world: ManagedTrunk) -> None:
        username = world.bought(100)
        world.pass_days(31)
        world.fund("5000")
        world.pass_days(40)
        assert world.manager.profiles.get(username).state == "inactive"
        assert world.manager.profiles.buy(ADA, username, 3, 0, world.key()).state == "active"
        profile = world.trunk.parts.profiles.named(username)
        assert profile is not None
        assert (profile.active, profile.channels) == (True, 3)

    def test_it_stays_inactive_after_a_restart(self, file_world: ManagedTrunk) -> None:
        username = file_world.bought(100)
        file_world.pass_days(31)
        file_world.crash()
        profile = file_world.trunk.parts.profiles.named(username)
        assert profile is not None
        assert not profile.active

    def test_what_was_missed_while_nothing_ran_is_renewed_in_order_once(
        self, file_world: ManagedTrunk
    ) -> None:
        early, late = file_world.bought(10), file_world.bought(20)
        file_world.now += 100 * 86_400
        file_world.crash()
        starts = [local(term.started)[:10] for term in file_world.manager.subscriptions.history(early)]
        assert starts == ["2026-04-10", "2026-03-11", "2026-02-09", "2026-01-10"]
        assert file_world.manager_balance() == money("1000") - 4 * 30 * CHANNEL
        file_world.crash()
        assert file_world.manager_balance() == money("1000") - 4 * 30 * CHANNEL
        assert len(file_world.manager.subscriptions.history(late)) == 4

    def test_the_balance_goes_to_those_that_came_due_first(self, file_world: ManagedTrunk) -> None:
        early = file_world.bought(50)
        file_world.now += 86_400
        late = file_world.bought(60)  # 345.50 are left: the first renewal takes 297.50
        file_world.now += 40 * 86_400
        file_world.crash()
        assert file_world.manager.profiles.get(early).state == "active"
        assert file_world.manager.profiles.get(late).state == "inactive"
        assert file_world.manager_balance() == money("1000") - 160 * CHANNEL

    def test_a_renewal_pays_the_price_of_its_day(self, world: ManagedTrunk) -> None:
        world.bought(1)
        before = world.manager_balance()
        dearer = ManagedTrunk.open
        world.prices = world.prices.model_copy(update={"channel": money("7")})
        dearer(world)
        world.pass_days(30)
        assert before - world.manager_balance() == money("7")

    def test_a_change_at_the_very_end_comes_after_the_renewal_that_is_due(self, world: ManagedTrunk) -> None:
        username = world.bought(1)
        world.now += 31 * 86_400
        world.manager.profiles.change(ADA, username, 2, 0, world.key())
        closed_by = [term.closed_by for term in world.manager.subscriptions.history(username)]
        assert closed_by == ["", "change", "renewal"]

    def test_the_audit_log_tells_purchase_renewal_and_end(self, world: ManagedTrunk) -> None:
        username = world.bought(80)
        world.pass_days(70)
        entries = world.manager.people.audit.entries()
        told = [(one.action, one.actor) for one in entries if one.subject == username]
        assert told == [
            ("subscription ended unpaid", "system"),
            ("subscription renewed", "system"),
            ("subscription bought", "Ada"),
            ("profile set up", "Ada"),
        ]
