"""Plots: scales, gaps, stretches."""

from xml.etree.ElementTree import fromstring

from hypothesis import given
from hypothesis import strategies as st

from reports.load_plots import (
    MOST_BANDS,
    MOST_POINTS,
    Column,
    Curve,
    column_plot,
    line_plot,
    number_label,
    scale_for,
    stacked_plot,
    time_label,
)
from reports.load_plots import Plot as DrawnPlot
from tests.reports.run_factory import NASTY


def drawn(plot: DrawnPlot) -> list[str]:
    drawing = fromstring(f"<svg>{plot.drawing}</svg>")
    return [element.get("d") or "" for element in drawing.iter("path") if element.get("class", "") != "rule"]


@given(st.floats(min_value=1e-3, max_value=1e7))
def test_a_scale_reaches_just_above_the_highest_value_with_few_ticks(highest: float) -> None:
    scale = scale_for([0.0, highest])
    assert highest <= scale.highest <= 2 * highest
    assert 4 <= len(scale.ticks) <= 7
    assert scale.ticks[0] == 0


def test_nothing_but_zeros_has_a_scale_too() -> None:
    assert scale_for([]).highest == scale_for([0.0]).highest == 1.0


def test_a_line_breaks_where_nothing_was() -> None:
    plot = line_plot("t", "a", "ms", [Curve("x", [1.0, 2.0, None, 3.0], "c1")], step_s=1)
    assert drawn(plot)[0].count("M") == 2


def test_a_long_series_is_drawn_with_the_highest_value_of_each_stretch() -> None:
    values = [0.0] * 5000
    values[1234] = 70.0
    plot = line_plot("t", "a", "ms", [Curve("x", values, "c1", highest_of_stretch=True)], step_s=1)
    assert drawn(plot)[0].count("L") < MOST_POINTS
    assert plot.y_labels[-1][1] == "80"
    assert str(plot.drawing).count("<rect") <= MOST_BANDS


def test_a_limit_is_always_within_the_drawing() -> None:
    plot = line_plot("t", "a", "calls", [Curve("x", [3.0], "c1")], step_s=1, limit=("limit 300", 300.0))
    assert plot.y_labels[-1][1] == "400"
    assert ("limit", "limit 300") in plot.key


def test_a_stack_is_as_high_as_its_layers_together() -> None:
    plot = stacked_plot("t", "a", "", [Curve("x", [4.0], "c1"), Curve("y", [3.0], "c2")], step_s=1)
    assert plot.y_labels[-1][1] == "8"


def test_hostile_words_stay_text() -> None:
    words = NASTY.replace("\x00", "").replace("\x1b", "")
    plot = column_plot("t", "a", "", [Column("l", 1.0, "c1", words)])
    assert not list(fromstring(f"<svg>{plot.drawing}</svg>").iter("script"))
    lines = line_plot("t", "a", "", [Curve(words, [1.0], "c1")], step_s=1)
    assert not list(fromstring(f"<svg>{lines.drawing}</svg>").iter("img"))


def test_numbers_and_times_read_well() -> None:
    assert [number_label(number) for number in (0.25, 3.0, 1200.0)] == ["0.25", "3", "1,200"]
    assert [time_label(seconds) for seconds in (5, 90, 3661)] == ["5 s", "1:30", "1:01:01"]
