"""Arrivals keep to the shape, whoever makes them and whenever they are fetched."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.load.schedule.arrivals import Arrivals, Spacing
from harness.load.schedule.shapes import RateShape, parse_shape, steady


def all_times(
    shape: RateShape, share: int = 0, shares: int = 1, spacing: Spacing = "even", seed: int = 7
) -> list[float]:
    rng = random.Random(seed)
    arrivals = Arrivals(shape, start=0.0, share=share, shares=shares, spacing=spacing, rng=rng)
    return arrivals.take_due(shape.seconds + 1, most=10**6)


def test_ten_a_second_are_ten_in_a_second_at_even_distances() -> None:
    times = all_times(steady(10, 1))
    assert times == pytest.approx([0.05 + n / 10 for n in range(10)])


@given(st.integers(1, 300), st.integers(1, 8))
def test_the_shares_of_even_arrivals_are_the_whole(calls: int, shares: int) -> None:
    shape = steady(calls / 10, 10)
    together = sorted(time for share in range(shares) for time in all_times(shape, share, shares))
    assert together == pytest.approx(all_times(shape))


def test_the_shares_of_poisson_arrivals_have_the_rate_together() -> None:
    shape = parse_shape("ramp 0..200 in 30s, hold 30s")
    times = [time for share in range(4) for time in all_times(shape, share, 4, "poisson", seed=share)]
    assert len(times) == pytest.approx(shape.calls, rel=0.05)
    ramp = sum(time < 30 for time in times)
    assert ramp == pytest.approx(3000, rel=0.08)


def test_the_gaps_of_poisson_arrivals_vary_as_they_should() -> None:
    times = all_times(steady(100, 60), spacing="poisson")
    gaps = [later - earlier for earlier, later in pairwise(times)]
    mean = sum(gaps) / len(gaps)
    variance = sum((gap - mean) ** 2 for gap in gaps) / len(gaps)
    assert variance == pytest.approx(mean * mean, rel=0.15)


def test_a_late_fetch_keeps_the_intended_times() -> None:
    arrivals = Arrivals(steady(10, 10), start=1000.0)
    assert arrivals.take_due(1000.0) == []
    assert arrivals.take_due(1001.0) == pytest.approx([1000.05 + n / 10 for n in range(10)])
    assert arrivals.next_at == pytest.approx(1001.05)


def test_a_fetch_may_be_bounded_and_nothing_is_lost() -> None:
    arrivals = Arrivals(steady(100, 1), start=0.0)
    taken = [arrivals.take_due(2.0, most=30) for _ in range(4)]
    assert [len(each) for each in taken] == [30, 30, 30, 10]
    assert arrivals.taken == 100
    assert arrivals.next_at is None
