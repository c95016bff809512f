"""The search for the highest rate finds the limit of a target, whatever it is, and ends."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.load.schedule.limit_search import (
    AT_REST,
    COARSE_SECONDS,
    CONFIRM_SECONDS,
    BracketedSearch,
    RateSearch,
)

MOST_STEPS = 200


def searched(limit: float, **options: float) -> BracketedSearch:
    """A search against a target that fails above a rate."""
    search = BracketedSearch(**options)  # type: ignore[arg-type]  # the options are all numbers
    for _ in range(MOST_STEPS):
        if search.done:
            return search
        search.record(0 if search.rate <= limit else 1)
    raise AssertionError(f"no end after {MOST_STEPS} steps at limit {limit}")


class TestRateSearch:
    """RFC 7502 section 4.10."""

    def test_a_success_raises_the_rate_by_a_tenth(self) -> None:
        search = RateSearch(100)
        search.record(failed=False)
        assert (search.rate, search.highest) == (110, 100)

    def test_a_failure_lowers_the_rate_by_a_tenth(self) -> None:
        search = RateSearch(100)
        search.record(failed=True)
        assert (search.rate, search.highest) == (90, 0)

    def test_it_ends_after_ten_successes_without_progress(self) -> None:
        search = RateSearch(100)
        steps = 0
        while not search.done:
            search.record(failed=search.rate > 105)
            steps += 1
        assert 100 <= search.highest <= 105
        assert steps >= AT_REST

    def test_it_ends_when_not_even_one_attempt_a_second_succeeds(self) -> None:
        search = RateSearch(5)
        while not search.done:
            search.record(failed=True)
        assert search.highest == 0

    @given(st.integers(1, 20_000), st.integers(1, 5000))
    def test_it_finds_the_limit_to_within_its_step(self, limit: int, first: int) -> None:
        search = RateSearch(first)
        for _ in range(MOST_STEPS * 10):
            if search.done:
                break
            search.record(failed=search.rate > limit)
        assert search.done
        assert search.highest <= limit
        assert search.highest >= limit * 0.79 - 1  # a tenth up, a tenth down

    def test_a_search_that_is_over_takes_no_step(self) -> None:
        search = RateSearch(1)
        search.record(failed=True)
        with pytest.raises(ValueError, match="over"):
            search.record(failed=True)


class TestBracketedSearch:
    @given(st.integers(1, 40_000), st.integers(1, 1000))
    def test_it_finds_the_limit_to_within_a_fifth(self, limit: int, first: int) -> None:
        search = searched(limit, first_rate=first, attempts=50)
        assert search.result is not None
        assert limit * 0.79 - 1 <= search.result <= limit

    @given(st.integers(1, 40_000))
    def test_only_the_confirmation_makes_the_attempts_asked_for(self, limit: int) -> None:
        search = searched(limit, attempts=300_000, coarse_attempts=20)
        for step in search.steps:
            coarse = max(20, math.ceil(step.rate * COARSE_SECONDS))
            assert step.attempts == (300_000 if step.phase == "confirm" else coarse)

    def test_a_step_is_never_shorter_than_a_queue_is_long(self) -> None:
        search = searched(10_000, attempts=10)
        assert all(step.attempts >= step.rate * COARSE_SECONDS for step in search.steps)
        assert search.steps[-1].attempts == search.steps[-1].rate * CONFIRM_SECONDS

    @given(st.lists(st.booleans(), max_size=MOST_STEPS))
    def test_no_series_of_answers_brings_it_out_of_its_range(self, answers: list[bool]) -> None:
        search = BracketedSearch(attempts=10, ceiling=5000)
        for failed in answers:
            if search.done:
                break
            assert 1 <= search.rate <= 5000
            search.record(int(failed))

    def test_a_target_that_takes_nothing_has_no_rate(self) -> None:
        assert searched(0).result is None

    def test_the_ceiling_ends_the_search_and_is_told(self) -> None:
        search = searched(10_000, ceiling=800)
        assert search.result == 800
        assert search.at_ceiling

    def test_a_confirmation_that_fails_goes_lower(self) -> None:
        search = BracketedSearch(attempts=1000)
        while search.phase != "confirm":
            search.record(0 if search.rate <= 500 else 1)
        rate = search.rate
        search.record(3, "503 Service Unavailable")
        assert search.phase == "confirm"
        assert search.rate == int(rate * 0.9)
        assert search.result is None

    def test_it_takes_few_steps(self) -> None:
        assert len(searched(1000, attempts=100).steps) < 15
