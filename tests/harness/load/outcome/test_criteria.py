"""What a load run must reach."""

import pytest

from harness.load.figures.attempt import Attempt
from harness.load.figures.figures import Figures
from harness.load.outcome.criteria import judge_criteria
from harness.results import PassCriteria
from tests.harness.load.attempts import call, heard, registration


def unmet(criteria: PassCriteria, *attempts: Attempt, findings: int | None = None) -> list[str]:
    figures = Figures()
    for attempt in attempts:
        figures.add(attempt)
    return [each.name for each in judge_criteria(figures, criteria, findings=findings) if not each.met]


def test_by_default_no_attempt_may_fail() -> None:
    assert unmet(PassCriteria(), call(), call()) == []
    assert unmet(PassCriteria(), call(), call(status=503)) == ["failed attempts"]


def test_a_run_without_attempts_does_not_pass() -> None:
    assert unmet(PassCriteria()) == ["attempts were made"]


@pytest.mark.parametrize(
    ("criteria", "name"),
    [
        (PassCriteria(failed_share=None, session_completion_ratio=100), "calls completed (SCR)"),
        (PassCriteria(failed_share=None, srd_p99_ms=40), "first response to calls (SRD), 99 %"),
        (PassCriteria(failed_share=None, registration_p99_ms=5), "registration (RRD), 99 %"),
        (PassCriteria(failed_share=None, mos_lowest=4.2), "lowest MOS of any call"),
        (PassCriteria(failed_share=None, retransmissions_share=0.1), "retransmissions per attempt"),
    ],
)
def test_each_criterion_can_fail(criteria: PassCriteria, name: str) -> None:
    attempts = [call(media=heard(4.1), retransmissions=2), call(status=486), registration()]
    assert unmet(criteria, *attempts) == [name]


def test_what_was_never_seen_is_not_met() -> None:
    assert unmet(PassCriteria(mos_lowest=4.0, srd_p99_ms=500), registration()) == [
        "first response to calls (SRD), 99 %",
        "lowest MOS of any call",
    ]


def test_audio_in_the_wrong_call_and_findings_fail_a_run() -> None:
    assert unmet(PassCriteria(), call(media=heard(foreign=1)), findings=2) == [
        "packets with another call's audio",
        "findings in sampled calls",
    ]
