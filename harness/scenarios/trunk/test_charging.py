"""Charging: credit and US minute bundles pay for calls, and a call ends when its credit is used up.

What a call cost is read in its record; prices are the trunk's own, so only who pays is judged. That a profile
without credit or subscription makes no call, and that the echo number needs none, is judged in `test_call`.
"""

from decimal import Decimal
from typing import Any

import pytest

from harness.checks.expect import expect, expect_status, expecting, given
from harness.drivers.phone import Phone
from harness.drivers.phone_call import PhoneCall
from harness.pytest_plugin.control import Control
from harness.pytest_plugin.fixtures import MakePhone
from harness.scenarios.steps import SOON, answered, final_answer
from harness.settings.target import Numbers, Profile

pytestmark = pytest.mark.usefixtures("plain_call")

TALK = 0.3
"""Seconds; the first step of every rate is longer."""
CREDIT_LASTS = 6.0
"""Seconds: little credit, at a price by the second, is used up before."""
MOST_BUNDLE_SECONDS = 3
"""A call of `TALK` seconds and its repetitions on the way take no more of a bundle."""


def record_of(control: Control, phone: Phone, call: PhoneCall) -> dict[str, Any]:
    """The record of a call that ended; the scenario is inconclusive without one."""
    found: list[dict[str, Any]] = []

    def recorded(asked: Control) -> bool:
        found.extend(each for each in asked.records() if each["call_id"] == call.call_id)
        return bool(found)

    with given("the record of the call"):
        assert control.wait_until(recorded, phone.wait, SOON), f"there is none of {call.call_id}"
    return found[0]


def cost_of(record: dict[str, Any]) -> Decimal:
    """The credit that a call used up."""
    return Decimal(record["cost"])


def credit_of(control: Control, profile: Profile, phone: Phone) -> Decimal:
    """What a profile can spend, once no call of it runs any more."""

    def idle(asked: Control) -> bool:
        return bool(asked.profile(profile.sip_username)["channels_used"] == 0)

    with given("a profile without calls"):
        assert control.wait_until(idle, phone.wait, SOON), "calls of it still run"
    return Decimal(control.profile(profile.sip_username)["credit"])


def talked(control: Control, phone: Phone, number: str, seconds: float = TALK) -> dict[str, Any]:
    """The record of an answered call that the phone ended after that time."""
    call = answered(phone, number)
    phone.wait(seconds)
    call.hang_up(timeout=SOON)
    return record_of(control, phone, call)


def said(record: dict[str, Any]) -> str:
    """What a record says of the price."""
    number, seconds, rate = record["number"], record["bundle_seconds"], record["rate"]
    return f"the call to {number} cost {record['cost']} and {seconds} s of bundles, at the rate {rate!r}"


@pytest.mark.requirement("charging.refusal-status")
def test_a_call_that_cannot_be_paid(make_phone: MakePhone, poor_profile: Profile, numbers: Numbers) -> None:
    """A call of a profile without credit is refused with 402."""
    answer = final_answer(make_phone(poor_profile).call(numbers.answers))
    expect_status(answer, 402, "charging.refusal-status")


@pytest.mark.requirement("charging.credit-pays")
def test_credit_pays_for_an_outgoing_call(
    make_phone: MakePhone, second_profile: Profile, numbers: Numbers, control: Control
) -> None:
    """An answered call costs something, and the credit is less by just that."""
    phone = make_phone(second_profile)
    before = credit_of(control, second_profile, phone)
    record = talked(control, phone, numbers.answers)
    expect(cost_of(record) > 0, "charging.credit-pays", said(record))
    after = credit_of(control, second_profile, phone)
    seen = f"{said(record)}; the credit was {before} and is {after}"
    expect(before - after == cost_of(record), "charging.credit-pays", seen)


@pytest.mark.requirement("charging.unanswered-free")
def test_a_call_that_nobody_answers_costs_nothing(
    make_phone: MakePhone, second_profile: Profile, numbers: Numbers, control: Control
) -> None:
    """Calls that are busy, or given up while they ring, cost nothing."""
    phone = make_phone(second_profile)
    before = credit_of(control, second_profile, phone)
    busy, given_up = phone.call(numbers.busy), phone.call(numbers.rings)
    with given("a busy call and one that rings"):
        busy.wait_final(timeout=SOON)
        given_up.wait_ringing(timeout=SOON)
    given_up.cancel()
    with given("the end of both calls"):
        given_up.wait_ended(timeout=SOON)
    for call in (busy, given_up):
        record = record_of(control, phone, call)
        expect(cost_of(record) == 0, "charging.unanswered-free", said(record), call.responses[-1], "start")
    after = credit_of(control, second_profile, phone)
    seen = f"the credit was {before} before two calls that nobody answered, and is {after} after them"
    expect(before == after, "charging.unanswered-free", seen)


@pytest.mark.requirement("charging.echo-costs-nothing")
def test_the_echo_number_costs_nothing(
    make_phone: MakePhone, bundle_profile: Profile, numbers: Numbers, control: Control
) -> None:
    """A profile with credit and bundle calls the echo test number: neither is used."""
    record = talked(control, make_phone(bundle_profile), numbers.echo)
    free = cost_of(record) == 0 and record["bundle_seconds"] == 0
    expect(free, "charging.echo-costs-nothing", said(record))


@pytest.mark.requirement("charging.inbound-free")
def test_an_inbound_call_costs_nothing(registered_phone: Phone, profile: Profile, control: Control) -> None:
    """An answered call towards the PBX costs nothing."""
    control.place_call(profile.sip_username)
    with given("an inbound call"):
        call = registered_phone.wait_call(timeout=SOON)
        call.answer(timeout=SOON)
    registered_phone.wait(TALK)
    call.hang_up(timeout=SOON)
    record = record_of(control, registered_phone, call)
    expect(cost_of(record) == 0, "charging.inbound-free", said(record), call.invite, "start")


@pytest.mark.requirement("charging.bundle")
def test_a_bundle_pays_for_a_call_to_the_us(
    make_phone: MakePhone, bundle_profile: Profile, numbers: Numbers, control: Control
) -> None:
    """A call to a US landline uses seconds of the bundle and no credit."""
    record = talked(control, make_phone(bundle_profile), numbers.us_landline)
    in_bundle = 0 < record["bundle_seconds"] <= MOST_BUNDLE_SECONDS
    expect(in_bundle and cost_of(record) == 0, "charging.bundle", said(record))


@pytest.mark.requirement("charging.excluded-prefix")
def test_an_excluded_prefix_is_paid_with_credit(
    make_phone: MakePhone, bundle_profile: Profile, numbers: Numbers, control: Control
) -> None:
    """Calls to US prefixes of the guide's list cost credit, although there is a bundle."""
    phone = make_phone(bundle_profile)
    calls = [answered(phone, number) for number in numbers.us_excluded]
    for call in calls:
        call.hang_up(timeout=SOON)
    for call in calls:
        record = record_of(control, phone, call)
        standard = record["bundle_seconds"] == 0 and cost_of(record) > 0
        expect(standard, "charging.excluded-prefix", said(record), call.invite, "start")


@pytest.mark.requirement("charging.overflow")
def test_what_overflows_a_bundle_is_paid_with_credit(
    make_phone: MakePhone, few_minutes_profile: Profile, numbers: Numbers, control: Control
) -> None:
    """A call to the US that is longer than what is left of the bundle goes on, and costs credit."""
    phone = make_phone(few_minutes_profile)
    left = control.profile(few_minutes_profile.sip_username)["bundle_seconds"]
    with given("a bundle with a few seconds left"):
        assert 0 < left <= CREDIT_LASTS, f"it has {left}"
    call = answered(phone, numbers.us_landline)
    phone.wait(left + TALK)
    seen = "the call ended with the bundle, although there is credit"
    expect(call.ended_by is None, "charging.overflow", seen, call.responses[-1], "start")
    call.hang_up(timeout=SOON)
    record = record_of(control, phone, call)
    overflowed = record["bundle_seconds"] == left and cost_of(record) > 0
    expect(overflowed, "charging.overflow", f"with {left} s left {said(record)}", call.invite, "start")


@pytest.mark.requirement("charging.reserved", "charging.ends-with-credit", "charging.end-explained")
def test_a_call_ends_when_its_credit_is_used_up(
    make_phone: MakePhone, nearly_poor_profile: Profile, numbers: Numbers, control: Control
) -> None:
    """While a call uses the last of the credit a second one is refused; then the trunk ends the first."""
    phone = make_phone(nearly_poor_profile)
    before = credit_of(control, nearly_poor_profile, phone)
    call = phone.call(numbers.by_second).wait_final(timeout=SOON)
    with given("a call that the credit pays for"):
        assert call.status == 200, f"with credit of {before} it was answered with {call.status}"
    second = final_answer(phone.call(numbers.by_second))
    seen = f"a second call for the same credit was answered with {second.status} {second.reason}"
    expect(second.status >= 400, "charging.reserved", seen, second, "start")
    with expecting("charging.ends-with-credit", call.answer_message):
        bye = call.wait_request("BYE", timeout=CREDIT_LASTS)
        call.wait_ended(timeout=SOON)
    record = record_of(control, phone, call)
    seen = f"there was credit of {before}; {said(record)}"
    expect(0 < cost_of(record) <= before, "charging.ends-with-credit", seen, bye, "start")
    reason = ", ".join(bye.headers.get_lines("Reason"))
    seen = f"the BYE says {reason!r} as its Reason"
    expect("402" in reason, "charging.end-explained", seen, bye, "Reason" if reason else "start")
