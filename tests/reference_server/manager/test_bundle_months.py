"""US minute bundles: 5,000 minutes each calendar month (facts.md "Commercial") of the Manager's time zone."""

import pytest

from reference_server.ledger.movement import SECONDS
from tests.reference_server.manager.managed_trunk import ADA, FILE_PROFILE, US, ManagedTrunk, local, money

BUNDLE = 5000 * 60


@pytest.fixture
def rich() -> ManagedTrunk:
    world = ManagedTrunk()
    world.fund("100000")
    return world


def left_and_used(world: ManagedTrunk, username: str) -> tuple[int, int]:
    view = world.manager.profiles.get(username)
    return view.bundle_seconds_left, view.bundle_seconds_used


def test_who_joins_in_mid_month_gets_the_whole_months_minutes(rich: ManagedTrunk) -> None:
    username = rich.bought(5, 3)
    assert left_and_used(rich, username) == (3 * BUNDLE, 0)
    assert rich.agrees(username)


def test_calls_to_the_us_use_minutes_and_no_credit(rich: ManagedTrunk) -> None:
    username = rich.bought(1, 1)
    rich.talk(username, US, 150)
    assert left_and_used(rich, username) == (BUNDLE - 150, 150)
    assert rich.credit(username) == 0


@pytest.mark.parametrize(
    ("start", "before", "turn"),
    [
        ("2026-01-10 12:00", "2026-01-31 23:59", "2026-02-01 00:00"),  # 31 days
        ("2026-02-10 12:00", "2026-02-28 23:59", "2026-03-01 00:00"),  # 28
        ("2028-02-10 12:00", "2028-02-29 23:59", "2028-03-01 00:00"),  # 29
        ("2026-04-10 12:00", "2026-04-30 23:59", "2026-05-01 00:00"),  # 30
        ("2026-03-10 12:00", "2026-03-31 23:59", "2026-04-01 00:00"),  # summer time began
        ("2026-10-10 12:00", "2026-10-31 23:59", "2026-11-01 00:00"),  # and ended
        ("2026-12-20 12:00", "2026-12-31 23:59", "2027-01-01 00:00"),
    ],
)
def test_minutes_lapse_and_are_granted_at_the_turn_of_the_month(start: str, before: str, turn: str) -> None:
    world = ManagedTrunk(start=start)
    world.fund("10000")
    username = world.bought(1, 1)
    world.talk(username, US, 600)
    world.pass_until(before)
    assert left_and_used(world, username) == (BUNDLE - 600, 600)
    world.pass_until(turn)
    assert left_and_used(world, username) == (BUNDLE, 0)
    assert world.agrees(username)
    assert world.kinds(f"bundle:{username}")[-2:] == ["bundle-lapse", "bundle-grant"]


def test_the_month_is_that_of_the_managers_time_zone_not_utc(rich: ManagedTrunk) -> None:
    username = rich.bought(1, 1)
    rich.talk(username, US, 60)
    rich.pass_until("2026-02-01 00:01")  # still January in UTC
    assert left_and_used(rich, username) == (BUNDLE, 0)


def test_more_bundles_bring_their_minutes_at_once(rich: ManagedTrunk) -> None:
    username = rich.bought(3, 1)
    rich.talk(username, US, 100)
    rich.manager.profiles.change(ADA, username, 3, 3, rich.key())
    assert left_and_used(rich, username) == (3 * BUNDLE - 100, 100)


def test_with_fewer_bundles_only_what_is_left_goes(rich: ManagedTrunk) -> None:
    username = rich.bought(3, 2)
    rich.talk(username, US, 1000)
    rich.manager.profiles.change(ADA, username, 3, 1, rich.key())
    assert left_and_used(rich, username) == (BUNDLE - 1000, 1000)
    rich.manager.profiles.change(ADA, username, 3, 0, rich.key())
    assert left_and_used(rich, username) == (0, 1000)
    rich.manager.profiles.change(ADA, username, 3, 1, rich.key())
    assert left_and_used(rich, username) == (BUNDLE - 1000, 1000)
    assert rich.agrees(username)


def test_a_change_in_the_new_month_before_the_clock_noticed_it_starts_the_month(rich: ManagedTrunk) -> None:
    username = rich.bought(3, 2)
    rich.talk(username, US, 1000)
    rich.now += 25 * 86_400
    rich.manager.profiles.change(ADA, username, 3, 1, rich.key())
    assert local(rich.now).startswith("2026-02-04")
    assert left_and_used(rich, username) == (BUNDLE, 0)


def test_what_a_running_call_has_reserved_counts_for_the_new_month(rich: ManagedTrunk) -> None:
    username = rich.bought(1, 1)
    rich.pass_until("2026-01-31 23:59")
    call = rich.call(username, US)
    assert call is not None
    rich.now += 59
    rich.pass_days(0)
    rich.pass_until("2026-02-01 00:00")
    assert rich.bundle(username) == BUNDLE
    assert rich.live.available(username, SECONDS) == BUNDLE - 60
    rich.now += 10
    rich.extend_calls()
    row = rich.hang_up(call)
    assert row.bundle_seconds == 70
    assert left_and_used(rich, username) == (BUNDLE - 70, 70)


def test_an_unpaid_profile_is_granted_nothing(rich: ManagedTrunk) -> None:
    username = rich.bought(1, 1)
    rich.manager.credit.add_credit(ADA, username, rich.manager_balance(), rich.key())
    rich.pass_until("2026-02-20 00:00")
    assert rich.manager.profiles.get(username).state == "inactive"
    assert left_and_used(rich, username) == (BUNDLE, 0)  # those of February, granted on the 1st
    rich.pass_until("2026-03-01 00:00")
    assert left_and_used(rich, username) == (0, 0)
    rich.manager.credit.take_back(ADA, username, money("90000"), rich.key())
    rich.manager.profiles.buy(ADA, username, 1, 1, rich.key())
    assert left_and_used(rich, username) == (BUNDLE, 0)


def test_a_term_that_ends_unpaid_at_the_turn_of_the_month_is_granted_nothing() -> None:
    world = ManagedTrunk(start="2026-01-02 00:00")
    world.fund("100")
    username = world.bought(1, 1)
    world.manager.credit.add_credit(ADA, username, world.manager_balance(), world.key())
    world.pass_until("2026-02-01 00:00")
    assert world.manager.profiles.get(username).state == "inactive"
    assert left_and_used(world, username) == (0, 0)


def test_buying_again_in_the_same_month_does_not_grant_its_minutes_twice(rich: ManagedTrunk) -> None:
    username = rich.bought(1, 1)
    rich.pass_until("2026-02-02 00:00")
    rich.talk(username, US, 500)
    rich.manager.credit.add_credit(ADA, username, rich.manager_balance(), rich.key())
    rich.pass_until("2026-02-20 00:00")
    rich.manager.credit.take_back(ADA, username, money("1000"), rich.key())
    rich.manager.profiles.buy(ADA, username, 1, 1, rich.key())
    assert left_and_used(rich, username) == (BUNDLE - 500, 500)


def test_months_that_were_missed_are_caught_up_one_by_one(rich: ManagedTrunk) -> None:
    username = rich.bought(1, 1)
    rich.talk(username, US, 60)
    rich.now += 100 * 86_400
    rich.crash()
    assert left_and_used(rich, username) == (BUNDLE, 0)
    kinds = rich.kinds(f"bundle:{username}")
    assert kinds == ["bundle-grant", "call", *["bundle-lapse", "bundle-grant"] * 3]


def test_a_month_turns_once_however_often_the_clock_looks(rich: ManagedTrunk) -> None:
    username = rich.bought(1, 1)
    rich.pass_until("2026-02-01 00:00")
    for _ in range(3):
        rich.manager.tick(rich.now)
    rich.crash()
    assert rich.kinds(f"bundle:{username}") == ["bundle-grant", "bundle-lapse", "bundle-grant"]


def test_bundles_of_the_settings_file_are_granted_each_month_too() -> None:
    profile = {"sip_username": FILE_PROFILE, "password": "x", "channels": 2, "us_minute_bundles": 1}
    world = ManagedTrunk(profiles=[profile])
    assert left_and_used(world, FILE_PROFILE) == (BUNDLE, 0)
    world.talk(FILE_PROFILE, US, 60)
    world.store.commit()
    world.crash()
    assert left_and_used(world, FILE_PROFILE) == (BUNDLE - 60, 60)
    world.pass_until("2026-02-01 00:00")
    assert left_and_used(world, FILE_PROFILE) == (BUNDLE, 0)
