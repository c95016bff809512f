"""From figures and evidence to the results.json of a load run.

Puts together what others judged: the gate is `validity`, the criteria are in `criteria`, the metrics in
`rfc6076`. Writing is `harness.results`' work, showing it that of `reports`.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

from harness.load.figures.figures import Figures
from harness.load.figures.kind_figures import KindFigures
from harness.load.figures.rfc6076 import metrics_of, percentiles_of, scaled
from harness.load.figures.time_slice import TimeSlice
from harness.load.outcome.criteria import judge_criteria
from harness.load.outcome.validity import WORKERS_LOST, remarks, void_reasons
from harness.media.e_model import G711_LOSS_ROBUSTNESS
from harness.results import (
    Criterion,
    Evidence,
    Finding,
    HeardCallResult,
    KindTotals,
    LatencyRow,
    LimitSearch,
    LoadResult,
    LoadVerdict,
    MediaResult,
    PassCriteria,
    Series,
    TargetInfo,
    ValidityLimits,
    VoidReason,
)

_PERCENTILES = {"p50": 50.0, "p90": 90.0, "p99": 99.0}


@dataclass(frozen=True, slots=True)
class MosInputs:
    """The constants that every score of the run was computed with (ITU-T G.107)."""

    codec: str = "PCMA"
    equipment_impairment: float = 0.0
    loss_robustness: float = G711_LOSS_ROBUSTNESS
    burst_ratio: float = 1.0
    jitter_buffer_ms: float | None = None


@dataclass(frozen=True, slots=True)
class LoadRun:
    """What was told and done, beside what was measured."""

    target: TargetInfo
    started: datetime
    duration_s: float
    harness_version: str
    profiles: Sequence[str] = ()
    command: str = ""
    shape: str = ""
    workers: int = 1
    channel_limit: int | None = None
    concurrent_highest: int = 0
    """Most answered calls at once, as the generators saw it between two seconds."""
    interrupted: bool = False
    criteria: PassCriteria = field(default_factory=PassCriteria)
    limits: ValidityLimits = field(default_factory=ValidityLimits)
    mos_inputs: MosInputs = field(default_factory=MosInputs)
    sampled_calls: int = 0
    findings: Sequence[Finding] = ()
    findings_count: int = 0
    """All findings, those included that are not kept; 0: as many as `findings`."""
    findings_named: str = ""
    """Their requirements and calls in a few words."""
    search: LimitSearch | None = None
    environment: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)


def make_load_result(run: LoadRun, figures: Figures, evidence: Evidence) -> LoadResult:
    """The results of `run`, judged."""
    reasons, notes = _gate(run, evidence)
    criteria = judge_criteria(
        figures,
        run.criteria,
        findings=(run.findings_count or len(run.findings)) if run.sampled_calls else None,
        named=run.findings_named,
    )
    if run.search is not None:
        criteria.append(_found(run.search))
    series = series_of(figures)
    return LoadResult(
        harness_version=run.harness_version,
        started=run.started,
        duration_s=run.duration_s,
        target=run.target,
        profiles=list(run.profiles),
        command=run.command,
        shape=run.shape,
        workers=run.workers,
        channel_limit=run.channel_limit,
        interrupted=run.interrupted,
        verdict=verdict_of(reasons, criteria),
        reasons=reasons,
        remarks=notes,
        criteria=criteria,
        evidence=evidence,
        limits=run.limits,
        totals=[_totals(name, kind) for name, kind in sorted(figures.kinds.items()) if kind.attempts],
        concurrent_highest=max([run.concurrent_highest, *series.concurrent]),
        metrics=metrics_of(figures),
        latencies=latencies_of(figures),
        series=series,
        media=_media(figures, run.mos_inputs),
        sampled_calls=run.sampled_calls,
        findings=list(run.findings),
        search=run.search,
        environment=run.environment,
        files=run.files,
    )


def _gate(run: LoadRun, evidence: Evidence) -> tuple[list[VoidReason], list[VoidReason]]:
    """Reasons and remarks.

    A search drives target and generator over their limits on purpose, and each of its steps is judged by
    itself. So what would void another run is a remark on a search in which some step counts.
    """
    reasons, notes = void_reasons(evidence, run.limits), remarks(evidence)
    if run.search is None or not any(step.passed and not step.void for step in run.search.steps):
        return reasons, notes
    final = [reason for reason in reasons if reason.topic == WORKERS_LOST]
    return final, [reason for reason in reasons if reason.topic != WORKERS_LOST] + notes


def _found(search: LimitSearch) -> Criterion:
    found = search.rate_found
    return Criterion(
        name="a rate without a failure was found",
        wanted="any",
        seen="none" if not found else f"{found:g} per second",
        met=bool(found),
    )


def verdict_of(reasons: Sequence[VoidReason], criteria: Sequence[Criterion]) -> LoadVerdict:
    """Void before anything else; then fail when a criterion was not met."""
    if reasons:
        return LoadVerdict.VOID
    return LoadVerdict.PASS if all(each.met for each in criteria) else LoadVerdict.FAIL


def latencies_of(figures: Figures) -> list[LatencyRow]:
    """How long attempts took from their intended start, by kind and outcome, the most frequent first."""
    return [
        LatencyRow(
            kind=name,
            code=code,
            count=spread.count,
            mean=scaled(spread.mean),
            **percentiles_of(spread),
        )
        for name, kind in sorted(figures.kinds.items())
        for code, spread in sorted(kind.latency.items(), key=lambda item: -item[1].count)
    ]


def series_of(figures: Figures) -> Series:
    """The plots' values, a step without attempts included."""
    step = figures.step
    numbers = range(min(figures.slices), max(figures.slices) + 1) if figures.slices else range(0)
    parts = [figures.slices.get(number, _NOTHING) for number in numbers]
    kinds = sorted({name for part in parts for name in (*part.offered, *part.started)})
    codes = sorted({code for part in parts for code in part.codes})
    return Series(
        start=float(numbers.start * step),
        step_s=step,
        offered={kind: [part.offered.get(kind, 0) / step for part in parts] for kind in kinds},
        achieved={kind: [part.started.get(kind, 0) / step for part in parts] for kind in kinds},
        concurrent=_concurrent(parts),
        codes={code: [part.codes.get(code, 0) / step for part in parts] for code in codes},
        failed=[part.failed / step for part in parts],
        retransmissions=[part.retransmissions / step for part in parts],
        latency_ms={kind: _latency_series(parts, kind) for kind in kinds},
        mos_mean=[_mos_mean(part) for part in parts],
        mos_lowest=[part.mos_lowest if part.mos_count else None for part in parts],
    )


def _concurrent(parts: Sequence[TimeSlice]) -> list[int]:
    running, series = 0, []
    for part in parts:
        running += part.answered - part.over
        series.append(running)
    return series


def _latency_series(parts: Sequence[TimeSlice], kind: str) -> dict[str, list[float | None]]:
    spreads = [part.latency.get(kind) for part in parts]
    return {
        name: [None if spread is None else scaled(spread.percentile(percent)) for spread in spreads]
        for name, percent in _PERCENTILES.items()
    }


def _mos_mean(part: TimeSlice) -> float | None:
    return round(part.mos_total / part.mos_count / 10_000, 4) if part.mos_count else None


def _totals(name: str, kind: KindFigures) -> KindTotals:
    return KindTotals(
        kind=name,
        attempts=kind.attempts,
        failed=kind.failed,
        completed=kind.completed,
        challenged=kind.challenged,
        retransmissions=kind.retransmissions,
        codes=dict(sorted(kind.codes.items())),
        causes=dict(sorted(kind.causes.items())),
    )


def _media(figures: Figures, inputs: MosInputs) -> MediaResult | None:
    media = figures.media
    if not media.calls:
        return None
    return MediaResult(
        calls=media.calls,
        silent_calls=media.silent_calls,
        **asdict(inputs),
        mos_mean=media.mos_mean,
        mos_lowest=media.mos_lowest,
        distribution=dict(sorted(media.distribution.items())),
        sent=media.sent,
        received=media.received,
        lost=media.lost,
        late=media.late,
        loss_percent=media.loss_percent,
        loss_percent_highest=media.loss_percent_highest,
        delay_ms_mean=media.delay_total_us / media.calls / 1000,
        delay_ms_highest=media.delay_ms_highest,
        jitter_ms_mean=media.jitter_total_us / media.calls / 1000,
        jitter_ms_highest=media.jitter_ms_highest,
        foreign=media.foreign,
        unknown=media.unknown,
        calls_with_foreign=media.calls_with_foreign,
        foreign_calls=sorted(media.foreign_calls),
        worst=[HeardCallResult(**asdict(call)) for call in media.worst],
    )


_NOTHING = TimeSlice()
