"""Call records with what they cost. Calls on the wire are played in `test_process_trunk`."""

import asyncio

import pytest
from pydantic import ValidationError

from reference_server.manager.calls import CallFilter
from reference_server.manager.problem import Problem
from tests.reference_server.manager.managed_trunk import ADA, MOBILE, US, VERA, ManagedTrunk, money


@pytest.fixture
def shop(world: ManagedTrunk) -> str:
    """A profile with a bundle, 20.00 of credit, and three calls on record."""
    username = world.bought(2, 1)
    world.manager.credit.add_credit(ADA, username, money("20"), world.key())
    for number, seconds in ((MOBILE, 61), (US, 30), (MOBILE, 5)):
        world.talk(username, number, seconds)
        world.now += 100
    return username


def numbers(world: ManagedTrunk, **which: object) -> list[str]:
    return [view.number for view in world.manager.calls.records(CallFilter.model_validate(which))]


def test_records_tell_what_a_call_cost_the_newest_first(world: ManagedTrunk, shop: str) -> None:
    short, to_us, long = world.manager.calls.records(CallFilter())
    assert [short.seconds, to_us.seconds, long.seconds] == [5, 30, 61]
    assert (long.cost, long.bundle_seconds) == (money("0.209"), 0)
    assert long.rate == "United Kingdom mobile (+447) 0.039 + 0.085/min"
    assert (to_us.cost, to_us.bundle_seconds, to_us.rate) == (0, 30, "US minute bundle")
    assert {short.profile, to_us.profile, long.profile} == {shop}


def test_they_can_be_chosen_from(world: ManagedTrunk, shop: str) -> None:
    other = world.bought(1)
    world.manager.credit.add_credit(ADA, other, money("20"), world.key())
    world.talk(other, "+4930123456", 10)
    first = world.manager.calls.records(CallFilter(profile=shop))[-1]
    assert numbers(world, profile=shop) == [MOBILE, US, MOBILE]
    assert numbers(world, profile=other) == ["+4930123456"]
    assert numbers(world, number="1212") == [US]
    assert numbers(world, number=shop) == [MOBILE, US, MOBILE]  # part of the caller
    assert numbers(world, direction="inbound") == []
    assert numbers(world, answered=True, last=1) == ["+4930123456"]
    assert numbers(world, answered=False) == []
    assert numbers(world, until=first.started + 1) == [MOBILE]
    assert numbers(world, since=first.started + 1, profile=shop) == [MOBILE, US]


def test_they_go_page_by_page(world: ManagedTrunk, shop: str) -> None:
    page = world.manager.calls.records(CallFilter(last=2))
    assert numbers(world, before=page[-1].id) == [MOBILE]
    assert world.manager.calls.record(page[0].id) == page[0]


def test_a_call_that_ended_just_now_is_among_them(world: ManagedTrunk, shop: str) -> None:
    call = world.call(shop)
    assert call is not None
    world.now += 3
    world.hang_up(call)
    assert world.manager.calls.records(CallFilter(last=1))[0].key == call.key


def test_an_unknown_record_is_not_found(world: ManagedTrunk) -> None:
    with pytest.raises(Problem) as caught:
        world.manager.calls.record(7)
    assert caught.value.status == 404


@pytest.mark.parametrize("which", [{"last": 0}, {"last": 10_001}, {"since": "nan"}, {"color": "red"}])
def test_a_filter_that_cannot_be_is_refused(which: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CallFilter.model_validate(which)


def test_a_test_call_goes_to_one_thing(world: ManagedTrunk) -> None:
    username = world.bought(1)
    with pytest.raises(Problem, match="not both") as caught:
        asyncio.run(world.manager.calls.place_test_call(ADA, username, "+442079460700", "sales.london"))
    assert caught.value.status == 422


def test_viewers_place_and_end_no_calls(world: ManagedTrunk) -> None:
    username = world.bought(1)
    for service in (
        world.manager.calls.place_test_call(VERA, username),
        world.manager.calls.end(VERA, "1"),
    ):
        with pytest.raises(Problem) as caught:
            asyncio.run(service)
        assert caught.value.status == 403


def test_a_test_call_without_a_registered_pbx_says_what_to_do(world: ManagedTrunk) -> None:
    outcome = asyncio.run(world.manager.calls.place_test_call(ADA, world.bought(1)))
    assert (outcome.state, outcome.passed) == ("ended", False)
    assert "no PBX is registered" in outcome.words


@pytest.mark.parametrize(
    ("number", "account"), [("+442079460700", None), (None, "sales.london"), ("sales", None)]
)
def test_a_test_call_to_what_the_profile_has_not_is_not_found(
    world: ManagedTrunk, number: str | None, account: str | None
) -> None:
    with pytest.raises(Problem) as caught:
        asyncio.run(world.manager.calls.place_test_call(ADA, world.bought(1), number, account))
    assert caught.value.status == 404


def test_an_unknown_call_can_neither_be_seen_nor_ended(world: ManagedTrunk) -> None:
    for service in (world.manager.calls.test_call("nope"), world.manager.calls.end(ADA, "nope")):
        with pytest.raises(Problem, match="call records") as caught:
            asyncio.run(service)
        assert caught.value.status == 404
