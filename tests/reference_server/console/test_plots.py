"""Plots as SVG."""

from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from reference_server.console.plots import Bar, balance_plot, day_plot
from reference_server.console.rendering import Rendering
from reference_server.manager.credit import MovementView

RENDERING = Rendering("EUR", ZoneInfo("Europe/Tallinn"))
START = 1_767_000_000.0


def lines(*balances: int) -> list[MovementView]:
    """A history, newest first, of balances in the order they came."""
    shown = [
        MovementView(
            id=number, at=START + 3600 * number, kind="payment", note="", actor="", amount=1, balance=one
        )
        for number, one in enumerate(balances)
    ]
    return list(reversed(shown))


def axis(drawing: str) -> list[str]:
    texts = (one for one in ET.fromstring(drawing).iter("text") if one.get("text-anchor") == "end")
    return [one.text or "" for one in texts]


def test_one_movement_is_no_curve() -> None:
    assert balance_plot(lines(5_000_000), RENDERING) == ""
    assert day_plot([], "nothing") == ""


def test_the_axis_has_round_numbers_up_to_the_highest() -> None:
    drawing = balance_plot(lines(0, 100_000_000, 376_300_000), RENDERING)
    assert axis(drawing)[:5] == ["0", "100", "200", "300", "400"]
    assert "Balance from 0.00" in drawing


def test_days_have_bars_as_high_as_their_values() -> None:
    drawing = ET.fromstring(day_plot([Bar("1 Nov", 10, "ten"), Bar("2 Nov", 5, "five")], "Minutes"))
    heights = [float(one.get("height", "0")) for one in drawing.iter("rect")]
    assert abs(heights[0] - 2 * heights[1]) < 0.2
    assert drawing.get("aria-label") == "Minutes"


@given(st.lists(st.integers(0, 10**13), min_size=2, max_size=60))
def test_any_history_draws_inside_its_frame(balances: list[int]) -> None:
    drawing = ET.fromstring(balance_plot(lines(*balances), RENDERING))
    width, height = (float(one) for one in drawing.get("viewBox", "").split()[2:])
    for text in drawing.iter("text"):
        assert 0 <= float(text.get("x", "-1")) <= width
        assert 0 <= float(text.get("y", "-1")) <= height


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=366))
def test_any_days_draw_inside_their_frame(values: list[float]) -> None:
    drawing = ET.fromstring(day_plot([Bar("x", value, "") for value in values], "Days"))
    for bar in drawing.iter("rect"):
        assert float(bar.get("height", "-1")) >= 0
        assert float(bar.get("y", "-1")) >= 0
