"""Two runs: what got worse is worse, what got better is better, and equal runs have nothing to say."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.results import LoadResult, LoadVerdict, RunResult
from harness.results.comparison import Comparison, Thresholds, compare_loads, compare_scenarios
from tests.reports.certified_run import MUST, SHOULD, make_certified_run
from tests.reports.load_factory import make_load


def compared(old: RunResult, new: RunResult, **thresholds: float) -> Comparison:
    return compare_scenarios(old, new, Thresholds(**thresholds))


def ways(comparison: Comparison) -> dict[str, str]:
    return {each.id: each.way for each in comparison.verdicts}


def changed_load(**changes: Any) -> LoadResult:
    return make_load().model_copy(update=changes)


class TestScenarios:
    def test_equal_runs_have_nothing_to_say(self) -> None:
        comparison = compared(make_certified_run(), make_certified_run())
        assert comparison.ways == []
        assert not comparison.got_worse

    @given(failed=st.sets(st.sampled_from(MUST + SHOULD)))
    def test_there_and_back_turns_worse_into_better(self, failed: set[str]) -> None:
        good, bad = make_certified_run(), make_certified_run(failed=failed)
        assert ways(compared(good, bad)) == dict.fromkeys(failed, "worse")
        assert ways(compared(bad, good)) == dict.fromkeys(failed, "better")

    @pytest.mark.parametrize(
        ("old", "new", "way"),
        [
            ({}, {"inconclusive": [MUST[0]]}, "worse"),
            ({}, {"left_out": [MUST[0]]}, "worse"),
            ({}, {"not_applicable": [MUST[0]]}, "other"),
            ({"left_out": [MUST[0]]}, {}, "other"),
            ({"left_out": [MUST[0]]}, {"failed": [MUST[0]]}, "worse"),
            ({"failed": [MUST[0]]}, {"inconclusive": [MUST[0]]}, "better"),
            ({"failed": [MUST[0]]}, {"left_out": [MUST[0]]}, "other"),
            ({"inconclusive": [MUST[0]]}, {}, "better"),
        ],
    )
    def test_each_change_has_its_way(self, old: Any, new: Any, way: str) -> None:
        comparison = compared(make_certified_run(**old), make_certified_run(**new))
        assert ways(comparison) == {MUST[0]: way}

    def test_a_requirement_that_is_gone_is_told(self) -> None:
        old = make_certified_run()
        new = old.model_copy(update={"requirements": old.requirements[1:]})
        change = compared(old, new).verdicts[0]
        assert (change.old, change.new, change.way) == ("pass", "", "worse")
        back = compared(new, old).verdicts[0]
        assert (back.old, back.new, back.way) == ("", "pass", "other")

    def test_a_scenario_that_takes_longer_is_told_beyond_the_thresholds(self) -> None:
        old, new = make_certified_run(), make_certified_run(slower=1.5)
        figures = compared(old, new, percent=20, milliseconds=100).figures
        assert len(figures) == len(old.scenarios)
        assert figures[0].way == "worse"
        assert figures[0].percent == pytest.approx(50)
        assert compared(old, new, percent=60, milliseconds=100).figures == []
        assert compared(old, new, percent=20, milliseconds=300).figures == []
        assert compared(new, old).figures[0].way == "better"

    def test_another_catalogue_is_remarked(self) -> None:
        new = make_certified_run().model_copy(update={"catalogue_version": "other"})
        assert "catalogues differ" in compared(make_certified_run(), new).remarks[0]


class TestLoads:
    def test_equal_runs_have_nothing_to_say(self) -> None:
        assert compare_loads(make_load(), make_load(), Thresholds()).ways == []

    def test_a_higher_latency_is_worse(self) -> None:
        old = make_load()
        row = next(each for each in old.latencies if each.p99)
        assert row.p99 is not None
        slower = row.model_copy(update={"p99": row.p99 + 1000})
        new = changed_load(latencies=[slower if each is row else each for each in old.latencies])
        figures = compare_loads(old, new, Thresholds()).figures
        assert [(each.name, each.way) for each in figures] == [(f"{row.kind} {row.code} p99", "worse")]

    def test_fewer_completed_attempts_are_worse(self) -> None:
        old = make_load()
        fewer = [each.model_copy(update={"completed": each.completed // 2}) for each in old.totals]
        comparison = compare_loads(old, changed_load(totals=fewer), Thresholds())
        assert comparison.got_worse
        assert {each.unit for each in comparison.figures} == {"per second"}

    def test_a_void_run_is_remarked_and_worse(self) -> None:
        comparison = compare_loads(make_load(), make_load(LoadVerdict.VOID), Thresholds())
        assert "the new run is void" in comparison.remarks[0]
        assert comparison.verdicts[0].way == "worse"
