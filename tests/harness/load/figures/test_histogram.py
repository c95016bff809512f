"""Histograms of durations."""

import json

from hypothesis import given
from hypothesis import strategies as st

from harness.load.figures.histogram import HIGHEST, LOWEST, Histogram

durations = st.floats(min_value=LOWEST * 1.01, max_value=HIGHEST * 0.99)


def filled(values: list[float]) -> Histogram:
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    return histogram


@given(st.lists(durations, min_size=1, max_size=300), st.sampled_from([1, 50, 90, 99, 99.9]))
def test_a_percentile_is_within_one_percent_of_that_of_the_sorted_list(
    values: list[float], percent: float
) -> None:
    rank = max(1, -(-len(values) * percent // 100))
    exact = sorted(values)[int(rank) - 1]
    found = filled(values).percentile(percent)
    assert found is not None
    assert abs(found - exact) <= exact * 0.006


@given(st.lists(durations, min_size=1, max_size=100))
def test_the_mean_is_within_one_percent_and_the_largest_is_exact(values: list[float]) -> None:
    histogram = filled(values)
    exact = sum(values) / len(values)
    assert histogram.mean is not None
    assert abs(histogram.mean - exact) <= exact * 0.006
    assert histogram.percentile(100) == histogram.largest == max(values)
    assert histogram.count == len(values)


@given(st.lists(st.lists(durations, max_size=30), min_size=3, max_size=3))
def test_merging_gives_the_same_in_any_order(parts: list[list[float]]) -> None:
    one, two, three = (filled(part) for part in parts)
    forth, back = Histogram(), Histogram()
    for each in (one, two, three):
        forth.merge(each)
    for each in (three, one, two):
        back.merge(each)
    assert forth == back == filled([value for part in parts for value in part])


@given(st.lists(durations, max_size=50))
def test_json_brings_it_back(values: list[float]) -> None:
    histogram = filled(values)
    assert Histogram.from_json(json.loads(json.dumps(histogram.to_json()))) == histogram


def test_what_is_empty_has_no_percentile_and_no_mean() -> None:
    assert Histogram().percentile(50) is None
    assert Histogram().mean is None
    assert Histogram().to_json() == []


def test_durations_out_of_range_are_counted_at_the_ends() -> None:
    histogram = filled([-1.0, 0.0, 5000.0])
    assert histogram.count == 3
    assert histogram.percentile(1) == 0.0
    assert histogram.largest == 5000.0
