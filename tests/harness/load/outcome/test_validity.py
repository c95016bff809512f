"""The gate."""

import pytest

from harness.load.figures.figures import Figures
from harness.load.outcome.validity import evidence_of, remarks, void_reasons, worst_of
from harness.results import Evidence, SourceEvidence, ValidityLimits
from tests.harness.load.attempts import call
from tests.reports.load_factory import make_evidence


def topics(limits: ValidityLimits | None = None, /, **seen: object) -> list[str]:
    reasons = void_reasons(Evidence.model_validate(seen), limits or ValidityLimits())
    assert all(reason.seen and reason.limit and reason.change for reason in reasons)
    return [reason.topic for reason in reasons]


def source(name: str, attempts: int, *, throttled: int = 0, silent: int = 0) -> SourceEvidence:
    return SourceEvidence(source=name, attempts=attempts, throttled=throttled, silent=silent)


def test_a_run_without_trouble_is_valid() -> None:
    assert topics() == []
    assert void_reasons(make_evidence(), ValidityLimits()) == []


@pytest.mark.parametrize(
    ("seen", "topic"),
    [
        ({"loop_lag_s": 0.3}, "loop lag"),
        ({"cpu_share": 0.95}, "generator CPU"),
        ({"receive_errors": 1}, "receive buffer errors"),
        ({"offered": 1000, "achieved": 980}, "offered and achieved"),
        ({"lateness_p99_s": 0.2}, "late starts"),
        ({"descriptors_exhausted": 1}, "file descriptors"),
        ({"ports_exhausted": 1}, "RTP ports"),
        ({"workers_lost": 1}, "workers lost"),
        ({"sources": [source("192.0.2.1", 100, throttled=2)]}, "throttling"),
        (
            {"sources": [source("192.0.2.1", 100), source("192.0.2.2", 100, silent=60)]},
            "throttling",
        ),
    ],
)
def test_each_trouble_of_the_generator_voids_the_run(seen: dict[str, object], topic: str) -> None:
    assert topics(None, **seen) == [topic]


def test_limits_are_settings() -> None:
    assert topics(ValidityLimits(loop_lag_s=1.0, cpu_share=1.0), loop_lag_s=0.9, cpu_share=0.99) == []
    assert topics(ValidityLimits(receive_buffer=500_000), receive_buffer_granted=425_984) == [
        "receive buffer"
    ]


def test_a_target_that_is_silent_to_everybody_does_not_throttle_it_fails() -> None:
    both = [source("192.0.2.1", 100, silent=60), source("192.0.2.2", 100, silent=60)]
    assert topics(sources=both) == []
    assert topics(sources=both[:1]) == []


def test_a_small_receive_buffer_is_a_remark_with_what_to_type() -> None:
    seen = Evidence(receive_buffer_asked=4_194_304, receive_buffer_granted=425_984)
    assert "net.core.rmem_max" in remarks(seen)[0].change
    assert remarks(Evidence(receive_buffer_asked=1, receive_buffer_granted=2)) == []


def test_figures_tell_how_late_attempts_started() -> None:
    figures = Figures()
    for number in range(100):
        figures.add(call(number / 10, late=0.5 if number < 5 else 0.0))
    seen = evidence_of(figures, planned=110, loop_lag_s=0.1)
    assert seen.lateness_p99_s == pytest.approx(0.5, rel=0.01)
    assert (seen.offered, seen.achieved, seen.loop_lag_s) == (110, 100, 0.1)


def test_one_late_start_in_a_thousand_does_not_matter() -> None:
    figures = Figures()
    for number in range(1000):
        figures.add(call(number / 10, late=0.5 if number == 5 else 0.0))
    assert evidence_of(figures).lateness_p99_s == 0.0


def test_of_several_workers_the_worst_counts() -> None:
    one = Evidence(loop_lag_s=0.1, receive_errors=3, offered=10, achieved=9, receive_buffer_granted=100)
    two = Evidence(loop_lag_s=0.2, receive_errors=3, offered=10, achieved=10, receive_buffer_granted=50)
    worst = worst_of([one, two, Evidence()])
    assert (worst.loop_lag_s, worst.receive_errors, worst.receive_buffer_granted) == (0.2, 3, 50)
    assert (worst.offered, worst.achieved, worst.cpu_share) == (20, 19, None)
