"""results.json of a load run."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.load.figures.attempt import Attempt
from harness.load.figures.figures import Figures
from harness.load.outcome.run_outcome import LoadRun, make_load_result
from harness.results import (
    Evidence,
    LimitSearch,
    LoadResult,
    LoadVerdict,
    PassCriteria,
    ResultsError,
    SearchStep,
    TargetInfo,
    is_load_results,
    load_load_results,
    load_results,
    load_results_schema,
    save_load_results,
)
from tests.harness.load.attempts import START, call, heard, registration

RUN = LoadRun(
    target=TargetInfo(name="trunk", address="192.0.2.10:5060", transport="udp", domain="sip.example.com"),
    started=datetime.fromtimestamp(START, UTC),
    duration_s=10.0,
    harness_version="1.0",
    criteria=PassCriteria(),
)


def outcome(*attempts: Attempt, **seen: object) -> LoadResult:
    figures = Figures()
    for attempt in attempts:
        figures.add(attempt)
    return make_load_result(RUN, figures, Evidence.model_validate(seen))


def test_void_comes_before_fail_and_fail_before_pass() -> None:
    assert outcome(call()).verdict is LoadVerdict.PASS
    assert outcome(call(status=503)).verdict is LoadVerdict.FAIL
    void = outcome(call(status=503), receive_errors=4)
    assert void.verdict is LoadVerdict.VOID
    assert void.reasons[0].topic == "receive buffer errors"


def step(*, passed: bool, void: str = "") -> SearchStep:
    return SearchStep(
        phase="search",
        rate=100,
        attempts=10,
        failures=0 if passed else 1,
        achieved_rate=100,
        duration_s=1,
        passed=passed,
        void=void,
    )


def test_a_search_is_void_only_when_no_step_counts() -> None:
    """Each step is judged by itself, and the last ones go over the limits on purpose."""

    def searched(*steps: SearchStep, lost: int = 0) -> LoadResult:
        search = LimitSearch(
            test="6.2", transport="udp", attempts_per_step=10, steps=list(steps), rate_found=100
        )
        figures = Figures()
        figures.add(call())
        seen = Evidence(loop_lag_s=3.0, workers_lost=lost)
        return make_load_result(replace(RUN, search=search), figures, seen)

    good, failed, slow = step(passed=True), step(passed=False), step(passed=False, void="too slow")
    result = searched(good, failed, slow)
    assert (result.verdict, result.remarks[0].topic) == (LoadVerdict.PASS, "loop lag")
    assert searched(slow).verdict is LoadVerdict.VOID
    assert searched(good, lost=1).verdict is LoadVerdict.VOID


def test_a_run_in_which_nothing_happened_fails_and_can_be_shown() -> None:
    result = outcome()
    assert result.verdict is LoadVerdict.FAIL
    assert result.series.length == 0
    assert result.metric("SER").value is None


def test_every_series_has_a_value_for_each_second_even_an_idle_one() -> None:
    series = outcome(call(0.0, hold=1.0), call(5.0, hold=1.0, media=heard(4.2)), registration(2.0)).series
    assert series.start == START
    assert series.length == 7
    assert series.offered["call"] == [1, 0, 0, 0, 0, 1, 0]
    assert series.offered["register"] == [0, 0, 1, 0, 0, 0, 0]
    assert series.concurrent == [1, 0, 0, 0, 0, 1, 0]
    assert series.mos_lowest == [None] * 6 + [4.2]
    assert series.latency_ms["call"]["p50"][1] is None
    assert all(len(values) == 7 for values in series.codes.values())


def test_percentiles_stand_beside_each_status() -> None:
    rows = outcome(call(), call(), call(status=486, ringing=3.0)).latencies
    assert [(row.kind, row.code, row.count) for row in rows] == [("call", "200", 2), ("call", "486", 1)]
    assert rows[1].max == pytest.approx(3000.0, abs=0.1)
    assert rows[1].p99_9 == pytest.approx(3000.0, rel=0.01)


def test_the_metrics_say_what_they_are() -> None:
    result = outcome(call(), call(status=486))
    assert result.metric("SER").value == 50.0
    assert result.metric("SEER").value == 100.0
    assert result.metric("SRD").unit == "ms"
    assert result.metric("IRA").value is None
    assert [metric.section for metric in result.metrics] == sorted(m.section for m in result.metrics)


def test_the_file_is_read_back_and_told_from_a_run_of_scenarios(tmp_path: Path) -> None:
    result = outcome(call(media=heard()), registration())
    path = tmp_path / "results.json"
    save_load_results(result, path)
    assert is_load_results(path)
    assert load_load_results(path) == result
    with pytest.raises(ResultsError):
        load_results(path)
    assert "LatencyRow" in load_results_schema()["$defs"]
