"""What a call costs: bundle seconds first, then the standard rate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_server.rating.charge import IN_BUNDLE, settle, talk_seconds
from reference_server.rating.tariff import Rate

US = Rate("+1", "United States", 17_000, 39_000, 60)


@pytest.mark.parametrize(
    ("talk", "seconds"),
    [(0.0, 0), (0.0004, 0), (0.3, 1), (1.0, 1), (59.9999999, 60), (60.0000003, 60), (60.002, 61)],
)
def test_started_seconds_count_and_the_dust_of_clocks_does_not(talk: float, seconds: int) -> None:
    answered = 1_900_000_000.123
    assert talk_seconds(answered, answered + talk) == seconds


def test_a_call_within_the_bundle_costs_its_seconds_and_no_money() -> None:
    assert settle(US, 61, 600) == (0, 61, IN_BUNDLE)


def test_what_overflows_the_bundle_is_charged_at_the_standard_rate() -> None:
    """facts.md, Commercial: "overflow at standard rates"."""
    assert settle(US, 161, 100) == (US.cost(61), 100, f"{IN_BUNDLE}, then {US.text}")


def test_a_call_without_a_bundle_is_charged_at_the_standard_rate() -> None:
    assert settle(US, 61, 0) == (39_000 + 2 * 17_000, 0, US.text)


def test_an_answered_call_of_no_length_has_begun_a_second() -> None:
    assert settle(US, 0, 5).bundle_seconds == 1
    assert settle(US, 0, 0).cost == US.cost(1)


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_the_bundle_and_the_rate_pay_each_second_once(seconds: int, bundle_seconds: int) -> None:
    charge = settle(US, seconds, bundle_seconds)
    used = max(1, seconds)
    assert charge.bundle_seconds == min(used, bundle_seconds)
    assert charge.cost == (US.cost(used - bundle_seconds) if used > bundle_seconds else 0)
