"""The sentences of scenarios: what they raise, and under which requirement."""

import pytest

from harness.checks.breach import Inconclusive, RequirementBroken
from harness.checks.expect import expect, expect_header, expect_status, expecting, given
from harness.drivers.errors import WaitTimeout
from tests.harness.checks.messages import response


def test_a_status_that_was_expected_is_given_back() -> None:
    answer = response(486)
    assert expect_status(answer, (480, 486), "call.busy") is answer


def test_another_status_names_both_and_marks_the_start_line() -> None:
    with pytest.raises(RequirementBroken) as caught:
        expect_status(response(200), 486, "call.busy")
    breach = caught.value.breach
    assert (breach.requirement, breach.line) == ("call.busy", "start")
    assert breach.seen == "INVITE was answered with 200 OK instead of 486"


def test_a_missing_header_is_named() -> None:
    with pytest.raises(RequirementBroken, match="the 403 to INVITE has no Warning header field"):
        expect_header(response(403), "Warning", "from_header.warning")


def test_a_header_without_the_text_is_shown() -> None:
    answer = response(403, Warning='399 sip.skype.com "no"')
    with pytest.raises(RequirementBroken, match="without 'seen'"):
        expect_header(answer, "Warning", "from_header.warning", "seen")
    assert expect_header(answer, "warning", "from_header.warning", "399").endswith('"no"')


def test_what_does_not_come_while_it_is_expected_breaks_the_requirement() -> None:
    with pytest.raises(RequirementBroken) as caught, expecting("cancel.487"):
        raise WaitTimeout("487 to INVITE", 1, ["180 Ringing"])
    assert caught.value.breach.requirement == "cancel.487"
    assert "180 Ringing" in caught.value.breach.seen


def test_what_does_not_come_on_the_way_is_inconclusive() -> None:
    with (
        pytest.raises(Inconclusive, match="could not get as far as an answered call"),
        given("an answered call"),
    ):
        raise WaitTimeout("2xx to INVITE", 1)
    with pytest.raises(Inconclusive), given("a binding"):
        expect(False, "registration.refresh", "no binding")


def test_an_error_of_our_own_passes_through_unchanged() -> None:
    with pytest.raises(KeyError), given("anything"):
        raise KeyError("ours")


def test_a_plain_comparison_is_told_in_words() -> None:
    sentence = r"^could not get as far as a phone: it was 403 instead of 200$"
    with pytest.raises(Inconclusive, match=sentence), given("a phone"):
        raise AssertionError("assert 403 == 200\n +  where 403 = ...")
