"""A load run arranged for reading, in words that need no knowledge of SIP.

Values only, ready for the page, the terminal and JUnit: `load_html` puts them into the template, `load_plots`
draws. Judging is done long before.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from harness.results import Evidence, LoadResult, LoadVerdict, Metric, ValidityLimits
from reports.load_plot_choice import plots_of, search_plot
from reports.load_plots import Plot

WORDS = {LoadVerdict.PASS: "passed", LoadVerdict.FAIL: "failed", LoadVerdict.VOID: "void"}


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One line of the table that shows whether the generator kept up."""

    name: str
    seen: str
    limit: str
    state: str
    """``ok``, ``bad`` or ``unknown``."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One key figure."""

    name: str
    value: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class LoadView:
    """All that the page shows."""

    result: LoadResult
    word: str
    headline: str
    tiles: Sequence[Tile]
    plots: Sequence[Plot]
    search: Plot | None
    evidence: Sequence[EvidenceRow]


def make_load_view(result: LoadResult) -> LoadView:
    """The page's content."""
    return LoadView(
        result=result,
        word=WORDS[result.verdict],
        headline=load_headline(result),
        tiles=list(key_figures(result)),
        plots=plots_of(result),
        search=search_plot(result.search) if result.search else None,
        evidence=list(evidence_rows(result.evidence, result.limits)),
    )


def load_headline(result: LoadResult) -> str:
    """What the run says, in one sentence."""
    match result.verdict:
        case LoadVerdict.VOID:
            topics = ", ".join(dict.fromkeys(reason.topic for reason in result.reasons))
            return f"This run says nothing about the target, because the load itself went wrong: {topics}"
        case LoadVerdict.FAIL:
            unmet = ", ".join(
                f"{each.name} {each.seen} (wanted: {each.wanted})" for each in result.criteria if not each.met
            )
            return f"The target did not reach what was asked: {unmet}"
        case LoadVerdict.PASS:
            failed = f"{result.failed:,} failed" if result.failed else "none failed"
            made = "1 attempt" if result.attempts == 1 else f"{result.attempts:,} attempts"
            return f"The target took all that was asked: {made}, {failed}"


def key_figures(result: LoadResult) -> Iterator[Tile]:
    """The figures that people ask for first."""
    yield Tile("attempts", f"{result.attempts:,}")
    yield Tile("failed", f"{result.failed:,}", "n-fail" if result.failed else "")
    yield Tile("calls at once, highest", f"{result.concurrent_highest:,}")
    kind = main_kind(result)
    rates = result.series.achieved.get(kind, [])
    yield Tile(f"{_a_second(kind)}, highest", f"{max(rates, default=0):,.4g}")
    delay = result.metric("SRD" if kind == "call" else "RRD").p99
    yield Tile("99 % answer within", "undefined" if delay is None else milliseconds(delay))
    if result.media is not None and result.media.mos_lowest is not None:
        yield Tile("lowest voice quality (MOS)", f"{result.media.mos_lowest:.2f}")
    else:
        yield Tile("sent again", f"{result.retransmissions:,}")


def main_kind(result: LoadResult) -> str:
    """The kind of attempt that the run is about: calls if there were any, else the most frequent."""
    counts = {each.kind: each.attempts for each in result.totals}
    return "call" if "call" in counts or not counts else max(counts, key=counts.__getitem__)


def _a_second(kind: str) -> str:
    return {"call": "calls/s", "register": "registrations/s", "refresh": "refreshes/s"}.get(kind, f"{kind}/s")


def milliseconds(value: float | None) -> str:
    """A duration in milliseconds for people: ``3.2 ms``, ``1.50 s``; ``undefined`` for None."""
    if value is None:
        return "undefined"
    if value >= 10_000:
        return f"{value / 1000:.1f} s"
    return f"{value / 1000:.2f} s" if value >= 1000 else f"{value:.3g} ms"


def metric_value(metric: Metric, value: float | None) -> str:
    """A value of `metric` with its unit; ``undefined`` for None."""
    if value is None:
        return "undefined"
    match metric.unit:
        case "ms":
            return milliseconds(value)
        case "s":
            return f"{value:.2f} s"
        case "%":
            return "100 %" if value == 100 else f"{value:.2f} %"
        case "count":
            return f"{value:,.0f}"


def evidence_rows(evidence: Evidence, limits: ValidityLimits) -> Iterator[EvidenceRow]:
    """What was seen of the generator, each beside its limit."""
    lag, cpu, errors = evidence.loop_lag_s, evidence.cpu_share, evidence.receive_errors
    yield _row("Worst delay of the generator", lag, limits.loop_lag_s, lambda seen: f"{seen * 1000:.0f} ms")
    yield _row(
        "CPU of the busiest generator process", cpu, limits.cpu_share, lambda seen: f"{seen:.0%} of a core"
    )
    yield _row(
        "Datagrams thrown away by the kernel", errors, limits.receive_errors, lambda seen: f"{seen:,.0f}"
    )
    late = evidence.lateness_p99_s
    yield _row(
        "Delay of starts, 99 % within", late, limits.lateness_p99_s, lambda seen: f"{seen * 1000:.0f} ms"
    )
    offered, achieved = evidence.offered, evidence.achieved
    missing = (offered - achieved) / offered if offered and achieved is not None else None
    yield _row("Planned attempts never started", missing, limits.shortfall_share, lambda seen: f"{seen:.1%}")
    for name, count in (
        ("Attempts without a file descriptor", evidence.descriptors_exhausted),
        ("Attempts without an RTP port", evidence.ports_exhausted),
    ):
        yield _row(name, count, limits.exhausted, lambda seen: f"{seen:.0f}")
    yield _row("Workers lost", evidence.workers_lost, 0, lambda seen: f"{seen:.0f}")
    throttled = sum(source.throttled for source in evidence.sources)
    share = throttled / max(1, sum(source.attempts for source in evidence.sources))
    seen_share = share if evidence.sources else None
    yield _row(
        "Attempts throttled by the target", seen_share, limits.throttled_share, lambda seen: f"{seen:.1%}"
    )
    granted, asked = evidence.receive_buffer_granted, evidence.receive_buffer_asked
    yield EvidenceRow(
        "Receive buffer",
        "not measured" if granted is None else f"{granted:,} bytes" + (f" of {asked:,}" if asked else ""),
        f"at least {limits.receive_buffer:,} bytes" if limits.receive_buffer else "none",
        "unknown" if granted is None else "ok" if granted >= limits.receive_buffer else "bad",
    )


def _row(name: str, seen: float | None, limit: float, label: Callable[[float], str]) -> EvidenceRow:
    if seen is None:
        return EvidenceRow(name, "not measured", label(limit), "unknown")
    return EvidenceRow(name, label(seen), label(limit), "ok" if seen <= limit else "bad")
