"""Numbering: full E.164 is taken, everything else and emergency numbers are refused."""

import pytest

from harness.checks.expect import expect, expect_header, given
from harness.drivers.phone import Phone
from harness.scenarios.steps import final_answer
from harness.settings.target import Numbers
from harness.sip.message import Response


def expect_refused(phone: Phone, number: str, requirement: str) -> Response:
    """The number is refused; gives the refusal back."""
    answer = final_answer(phone.call(number))
    seen = f"a call to {number} was answered with {answer.status} {answer.reason}"
    expect(answer.status >= 400, requirement, seen, answer, "start")
    return answer


@pytest.mark.requirement("numbering.e164")
def test_full_e164_is_taken(phone: Phone, numbers: Numbers) -> None:
    """A number in full E.164 is called."""
    answer = final_answer(phone.call(numbers.answers))
    seen = f"a call to {numbers.answers} was answered with {answer.status} {answer.reason}"
    expect(answer.status == 200, "numbering.e164", seen, answer, "start")


@pytest.mark.requirement("numbering.plus-required")
def test_a_number_without_plus_is_refused(phone: Phone, numbers: Numbers) -> None:
    """Country code and number without the plus sign are refused."""
    expect_refused(phone, numbers.answers.removeprefix("+"), "numbering.plus-required")


@pytest.mark.requirement("numbering.national-refused")
def test_a_national_number_is_refused(phone: Phone) -> None:
    """National numbers are refused: with trunk prefix, and subscriber numbers alone."""
    for number in ("02079460000", "79460000"):
        expect_refused(phone, number, "numbering.national-refused")


@pytest.mark.requirement("numbering.international-prefix-refused")
def test_an_international_prefix_is_refused(phone: Phone, numbers: Numbers) -> None:
    """00 or 011 instead of the plus sign is refused."""
    for prefix in ("00", "011"):
        expect_refused(
            phone, prefix + numbers.answers.removeprefix("+"), "numbering.international-prefix-refused"
        )


@pytest.mark.requirement("numbering.unknown-country-refused")
def test_a_country_code_that_nobody_has_is_refused(phone: Phone) -> None:
    """A number of no country is refused."""
    expect_refused(phone, "+999123456789", "numbering.unknown-country-refused")


@pytest.mark.requirement("numbering.length")
def test_numbers_too_short_or_too_long_are_refused(phone: Phone) -> None:
    """A number that is too short or too long for its country is refused."""
    for number in ("+4420794", "+4420794600001234"):
        expect_refused(phone, number, "numbering.length")


@pytest.mark.requirement("numbering.emergency-refused")
def test_emergency_numbers_are_refused(phone: Phone) -> None:
    """Emergency numbers are refused at once."""
    for number in ("112", "911", "999"):
        expect_refused(phone, number, "numbering.emergency-refused")


@pytest.mark.usefixtures("plain_call")
@pytest.mark.requirement("numbering.visual-separators")
def test_separators_do_not_count(phone: Phone) -> None:
    """A number with visual separators is called."""
    answer = final_answer(phone.call("+44-20-7946.0000"))
    seen = f"a call to +44-20-7946.0000 was answered with {answer.status} {answer.reason}"
    expect(answer.status == 200, "numbering.visual-separators", seen, answer, "start")


@pytest.mark.usefixtures("plain_call")
@pytest.mark.requirement("numbering.warning")
def test_the_refusal_says_what_was_seen(phone: Phone) -> None:
    """A refused number is explained in a Warning that names it."""
    answer = final_answer(phone.call("02079460000"))
    with given("a refused number"):
        assert answer.status >= 400, f"the call was answered with {answer.status}"
    expect_header(answer, "Warning", "numbering.warning", "399")
    expect_header(answer, "Warning", "numbering.warning", "02079460000")
