"""Caller ID per profile: an Online Number or a verified landline (facts.md, Outbound)."""

import pytest

from reference_server.manager.problem import Problem
from tests.reference_server.manager.managed_trunk import ADA, LONDON, ManagedTrunk

LANDLINE = "+442079460123"


def presented(world: ManagedTrunk, username: str) -> str:
    profile = world.trunk.parts.profiles.named(username)
    assert profile is not None
    return profile.presented


def test_without_one_the_sip_username_is_shown(world: ManagedTrunk) -> None:
    username = world.bought(1)
    assert world.manager.profiles.get(username).caller_id is None
    assert presented(world, username) == username


def test_an_online_number_of_the_profile_may_be_shown(world: ManagedTrunk) -> None:
    username = world.bought(1)
    world.manager.numbers.buy(ADA, LONDON, username, world.key())
    assert world.manager.profiles.set_caller_id(ADA, username, LONDON).caller_id == LONDON
    assert presented(world, username) == LONDON
    world.manager.profiles.set_caller_id(ADA, username, None)
    assert presented(world, username) == username


def test_a_verified_landline_may_be_shown(world: ManagedTrunk) -> None:
    username = world.bought(1)
    with pytest.raises(Problem, match="neither"):
        world.manager.profiles.set_caller_id(ADA, username, LANDLINE)
    assert world.manager.profiles.verify_landline(ADA, username, "+44 20 7946 0123").landlines == [LANDLINE]
    assert world.manager.profiles.set_caller_id(ADA, username, LANDLINE).caller_id == LANDLINE


def test_a_number_of_another_profile_may_not(world: ManagedTrunk) -> None:
    username, other = world.bought(1), world.bought(1)
    world.manager.numbers.buy(ADA, LONDON, other, world.key())
    world.manager.profiles.verify_landline(ADA, other, LANDLINE)
    for number in (LONDON, LANDLINE):
        with pytest.raises(Problem) as caught:
            world.manager.profiles.set_caller_id(ADA, username, number)
        assert (caught.value.status, caught.value.kind) == (409, "not-own-number")


@pytest.mark.parametrize("way", ["detach", "release", "unpaid"])
def test_a_number_that_rings_no_more_is_shown_no_more(world: ManagedTrunk, way: str) -> None:
    username = world.bought(1)
    world.manager.numbers.buy(ADA, LONDON, username, world.key())
    world.manager.profiles.set_caller_id(ADA, username, LONDON)
    if way == "detach":
        world.manager.numbers.detach(ADA, LONDON)
    elif way == "release":
        world.manager.numbers.release(ADA, LONDON)
    else:
        world.manager.credit.add_credit(ADA, username, world.manager_balance(), world.key())
        world.pass_days(31)
    assert world.manager.profiles.get(username).caller_id is None
    assert presented(world, username) == username


def test_a_landline_that_is_forgotten_is_shown_no_more(world: ManagedTrunk) -> None:
    username = world.bought(1)
    world.manager.profiles.verify_landline(ADA, username, LANDLINE)
    world.manager.profiles.set_caller_id(ADA, username, LANDLINE)
    view = world.manager.profiles.forget_landline(ADA, username, LANDLINE)
    assert (view.caller_id, view.landlines) == (None, [])


@pytest.mark.parametrize("number", ["", "02079460123", "+4420", "sales", "+447700900123"])
def test_only_landlines_can_be_verified(world: ManagedTrunk, number: str) -> None:
    with pytest.raises(Problem) as caught:
        world.manager.profiles.verify_landline(ADA, world.bought(1), number)
    assert (caught.value.status, caught.value.field) == (422, "number")
