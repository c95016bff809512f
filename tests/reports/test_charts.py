"""Bars and skyline."""

from xml.etree.ElementTree import fromstring

import pytest

from harness.results import Verdict
from reports.charts import duration_skyline, verdict_bar
from tests.reports.run_factory import make_scenario


def test_a_bar_shares_its_width_among_the_verdicts() -> None:
    bar = fromstring(verdict_bar({Verdict.PASS: 3, Verdict.FAIL: 1}))
    failed, passed = bar.findall("rect")
    assert failed.get("class") == "fill-fail"
    assert float(passed.get("width", 0)) == pytest.approx(3 * float(failed.get("width", 0)), abs=3)
    assert bar.get("aria-label") == "1 fail, 3 pass"


def test_no_verdicts_draw_no_bar() -> None:
    assert verdict_bar({Verdict.PASS: 0}) == ""
    assert duration_skyline([], {}) == ""


def test_the_longest_scenario_has_the_highest_bar() -> None:
    scenarios = [make_scenario(f"call/test_{s}", duration_s=float(s)) for s in (0, 4, 1)]
    skyline = fromstring(duration_skyline(scenarios, {}))
    heights = [float(bar.get("height", 0)) for bar in skyline.iter("rect")]
    assert heights[1] == max(heights)
    assert heights[0] == min(heights) > 0
