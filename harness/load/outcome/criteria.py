"""Did the target reach what was asked of it? Criteria of a load run, one judged result each.

Only says what was met; whether the run may be judged at all is `validity`'s question, and comes first.
"""

from collections.abc import Iterator

from harness.load.figures.figures import Figures
from harness.load.figures.histogram import Histogram
from harness.results import Criterion, PassCriteria


def judge_criteria(
    figures: Figures, criteria: PassCriteria, *, findings: int | None = None, named: str = ""
) -> list[Criterion]:
    """One result for each criterion that matters.

    `findings` is how many the sampled calls have; None: none were sampled, and nothing is said of them.
    `named` says which requirements and calls these are.
    """
    return [
        *_attempt_criteria(figures, criteria),
        *_delay_criteria(figures, criteria),
        *_media_criteria(figures, criteria),
        *_finding_criteria(criteria, findings, named),
    ]


def _attempt_criteria(figures: Figures, criteria: PassCriteria) -> Iterator[Criterion]:
    attempts = figures.attempts
    yield Criterion(name="attempts were made", wanted="at least one", seen=f"{attempts:,}", met=attempts > 0)
    if criteria.failed_share is not None:
        failed = figures.failed
        share = failed / attempts if attempts else 0.0
        wanted = f"at most {criteria.failed_share:.2%}" if criteria.failed_share else "none"
        yield Criterion(
            name="failed attempts",
            wanted=wanted,
            seen=f"{failed:,} of {attempts:,}" + (f" ({_share(share)})" if failed else ""),
            met=share <= criteria.failed_share,
        )
    if criteria.session_completion_ratio is not None:
        ratio = figures.calls.session_completion_ratio
        yield Criterion(
            name="calls completed (SCR)",
            wanted=f"at least {criteria.session_completion_ratio:g} %",
            seen="undefined: no call was made" if ratio is None else f"{ratio:.2f} %",
            met=ratio is not None and ratio >= criteria.session_completion_ratio,
        )
    if criteria.retransmissions_share is not None:
        seen = figures.retransmissions / attempts if attempts else 0.0
        yield Criterion(
            name="retransmissions per attempt",
            wanted=f"at most {criteria.retransmissions_share:g}",
            seen=f"{seen:.4g}",
            met=seen <= criteria.retransmissions_share,
        )


def _delay_criteria(figures: Figures, criteria: PassCriteria) -> Iterator[Criterion]:
    if criteria.srd_p99_ms is not None:
        yield _within("first response to calls (SRD), 99 %", figures.calls.request_delay, criteria.srd_p99_ms)
    if criteria.registration_p99_ms is not None:
        delay = figures.registrations.request_delay
        yield _within("registration (RRD), 99 %", delay, criteria.registration_p99_ms)


def _within(name: str, delays: Histogram, limit_ms: float) -> Criterion:
    seen = delays.percentile(99)
    return Criterion(
        name=name,
        wanted=f"within {limit_ms:g} ms",
        seen="undefined: there was none" if seen is None else f"{seen * 1000:.1f} ms",
        met=seen is not None and seen * 1000 <= limit_ms,
    )


def _media_criteria(figures: Figures, criteria: PassCriteria) -> Iterator[Criterion]:
    media = figures.media
    if criteria.mos_lowest is not None:
        seen = media.mos_lowest
        yield Criterion(
            name="lowest MOS of any call",
            wanted=f"at least {criteria.mos_lowest:g}",
            seen="undefined: no call had audio" if seen is None else f"{seen:.2f}",
            met=seen is not None and seen >= criteria.mos_lowest,
        )
    if criteria.foreign_packets is not None and media.calls:
        yield Criterion(
            name="packets with another call's audio",
            wanted=f"at most {criteria.foreign_packets}" if criteria.foreign_packets else "none",
            seen=f"{media.foreign:,} in {media.calls_with_foreign:,} calls" if media.foreign else "none",
            met=media.foreign <= criteria.foreign_packets,
        )


def _finding_criteria(criteria: PassCriteria, findings: int | None, named: str) -> Iterator[Criterion]:
    if criteria.findings is not None and findings is not None:
        yield Criterion(
            name="findings in sampled calls",
            wanted=f"at most {criteria.findings}" if criteria.findings else "none",
            seen=f"{findings}{': ' * bool(named)}{named}" if findings else "none",
            met=findings <= criteria.findings,
        )


def _share(share: float) -> str:
    return f"{share:.2%}" if share >= 0.0001 else "less than 0.01%"
