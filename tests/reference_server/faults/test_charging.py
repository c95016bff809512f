"""Faults of charging, each seen in the purse or in the call record."""

from typing import Any

import pytest

from harness.drivers.phone_call import PhoneCall
from harness.sip.message import Request
from reference_server.faults.registry import install
from reference_server.inbound import Order
from reference_server.ledger.money import UNIT
from reference_server.live_call import LiveCall
from tests.reference_server.trunk_play import ECHO, USERNAME, TrunkPlay, play

UK, US, EXCLUDED, BY_SECOND = "+442079460000", "+12125550123", "+16412130100", "+3726680700"
STEP = 56_000
"""Micro-units of the first minute to the UK or the US."""


def broken(name: str | None, **main: Any) -> TrunkPlay:
    """A trunk with a fault, or without."""
    return play(change=lambda blueprint: install(name, blueprint), **main)


def credit(trunk: TrunkPlay) -> int:
    return trunk.trunk.credit.available(USERNAME)


def talk(trunk: TrunkPlay, number: str, seconds: float = 0.5) -> LiveCall:
    """A call that the caller ends after some time."""
    call = trunk.phone().call(number).wait_answered()
    trunk.wait(seconds)
    call.hang_up()
    trunk.wait(0.5)
    return trunk.trunk.parts.calls.shown()[-1]


@pytest.mark.parametrize(("name", "left"), [(None, 25 * UNIT - STEP), ("credit-kept", 25 * UNIT)])
def test_what_a_call_cost_stays_in_the_purse(name: str | None, left: int) -> None:
    trunk = broken(name)
    assert talk(trunk, UK).charge.cost == STEP
    assert credit(trunk) == left


@pytest.mark.parametrize(("name", "cost"), [(None, 0), ("ringing-charged", STEP)])
def test_ringing_costs(name: str | None, cost: int) -> None:
    trunk = broken(name)
    trunk.phone().call("+442079460486").wait_final()
    trunk.wait(1)
    assert trunk.trunk.parts.calls.shown()[-1].charge.cost == cost
    assert credit(trunk) == 25 * UNIT - cost


@pytest.mark.parametrize(("name", "cost"), [(None, 0), ("echo-charged", STEP)])
def test_the_echo_number_costs(name: str | None, cost: int) -> None:
    assert talk(broken(name), ECHO).charge.cost == cost


@pytest.mark.parametrize(("name", "cost"), [(None, 0), ("inbound-charged", STEP)])
def test_an_incoming_call_costs(name: str | None, cost: int) -> None:
    trunk = broken(name)
    phone = trunk.phone()
    phone.register()
    live = trunk.trunk.place_call(Order(USERNAME), trunk.network.now())
    phone.wait_call().answer()
    trunk.wait(0.5)
    trunk.trunk.hang_up(live, trunk.network.now())
    trunk.wait(0.5)
    assert live.charge.cost == cost


@pytest.mark.parametrize(("name", "status"), [(None, 402), ("credit-not-reserved", 200)])
def test_the_same_credit_is_spent_twice(name: str | None, status: int) -> None:
    trunk = broken(name, credit="0.06")
    trunk.phone().call(UK).wait_answered()
    assert trunk.phone().call(UK).wait_final().status == status


def last_bye(call: PhoneCall) -> Request | None:
    return next((each for each in reversed(call.requests) if each.method == "BYE"), None)


@pytest.mark.parametrize(
    ("name", "ended", "explained"),
    [(None, True, True), ("credit-never-runs-out", False, False), ("credit-out-unexplained", True, False)],
)
def test_the_end_of_the_credit(name: str | None, ended: bool, explained: bool) -> None:
    trunk = broken(name, credit="0.04")
    call = trunk.phone().call(BY_SECOND).wait_answered()
    trunk.wait(4)
    bye = last_bye(call)
    assert (bye is not None) == ended
    assert (bye is not None and "402" in (bye.headers.get("Reason") or "")) == explained


@pytest.mark.parametrize(
    ("name", "number", "cost", "seconds"),
    [
        (None, US, 0, 1),
        ("bundle-unused", US, STEP, 0),
        (None, EXCLUDED, STEP, 0),
        ("excluded-prefix-in-bundle", EXCLUDED, 0, 1),
    ],
)
def test_who_pays_for_a_call_to_the_us(name: str | None, number: str, cost: int, seconds: int) -> None:
    charge = talk(broken(name, us_minute_bundles=1), number).charge
    assert (charge.cost, charge.bundle_seconds) == (cost, seconds)


@pytest.mark.parametrize(("name", "cost"), [(None, STEP), ("overflow-free", 0)])
def test_the_overflow_of_a_bundle_costs(name: str | None, cost: int) -> None:
    charge = talk(broken(name, us_minute_bundles=1, us_bundle_seconds=1), US, seconds=2.5).charge
    assert (charge.cost, charge.bundle_seconds) == (cost, 1)


@pytest.mark.parametrize(("name", "rings"), [(None, False), ("inactive-profile-rings", True)])
def test_an_inactive_profile_rings(name: str | None, rings: bool) -> None:
    trunk = broken(name, active=False)
    phone = trunk.phone()
    phone.register()
    trunk.trunk.place_call(Order(USERNAME), trunk.network.now())
    trunk.wait(0.5)
    assert bool(phone.incoming_calls) == rings


@pytest.mark.parametrize(("name", "shown"), [(None, "+442079460123"), ("display-name-shown", "Desk 12")])
def test_the_far_end_is_shown(name: str | None, shown: str) -> None:
    trunk = broken(name, caller_id="+442079460123")
    trunk.phone().call(UK, from_display="Desk 12").wait_answered()
    assert trunk.trunk.parts.calls.shown()[-1].presented == shown


def test_what_cannot_be_paid_is_refused_with_another_status() -> None:
    trunk = broken("unpaid-refused-with-403", credit="0")
    assert trunk.phone().call(UK).wait_final().status == 403
