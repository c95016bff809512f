"""A load run as CSV for spreadsheets: the summary, the series, the latencies.

Numbers are plain (a point, no thousands separators); what is undefined is an empty cell. Cells that a
spreadsheet would take for a formula are made harmless, because targets choose some of the words.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from harness.results import LoadResult

Cell = str | int | float | None


def summary_csv(result: LoadResult) -> str:
    """Name, value and unit, a line each."""
    return _table(("figure", "value", "unit"), _summary(result))


def series_csv(result: LoadResult) -> str:
    """A line for each step of time; rates are per second."""
    series = result.series
    columns: dict[str, Sequence[Cell]] = {
        "second": [place * series.step_s for place in range(series.length)],
        "epoch": [series.start + place * series.step_s for place in range(series.length)],
    }
    columns |= {f"offered_{kind}": values for kind, values in series.offered.items()}
    columns |= {f"achieved_{kind}": values for kind, values in series.achieved.items()}
    columns |= {"concurrent": series.concurrent, "failed": series.failed}
    columns |= {"retransmissions": series.retransmissions}
    for kind, spread in series.latency_ms.items():
        columns |= {f"{kind}_{name}_ms": values for name, values in spread.items()}
    columns |= {"mos_mean": series.mos_mean, "mos_lowest": series.mos_lowest}
    columns |= {f"outcome_{code}": values for code, values in series.codes.items()}
    return _table(list(columns), zip(*columns.values(), strict=True))


def latencies_csv(result: LoadResult) -> str:
    """A line for each kind and outcome, in milliseconds."""
    head = ("kind", "outcome", "count", "mean_ms", "p50_ms", "p90_ms", "p99_ms", "p99.9_ms", "max_ms")
    rows = (
        (row.kind, row.code, row.count, row.mean, row.p50, row.p90, row.p99, row.p99_9, row.max)
        for row in result.latencies
    )
    return _table(head, rows)


def _summary(result: LoadResult) -> Iterator[tuple[Cell, ...]]:
    yield ("verdict", result.verdict.value, "")
    for reason in result.reasons:
        yield ("void", f"{reason.topic}: {reason.seen}", "")
    yield ("target", f"{result.target.transport}:{result.target.address}", "")
    yield ("started", result.started.isoformat(), "")
    yield ("duration", result.duration_s, "s")
    for each in result.totals:
        yield (f"{each.kind} attempts", each.attempts, "")
        yield (f"{each.kind} failed", each.failed, "")
        yield (f"{each.kind} retransmissions", each.retransmissions, "")
        for code, count in each.codes.items():
            yield (f"{each.kind} outcome {code}", count, "")
    yield ("calls at once, highest", result.concurrent_highest, "")
    for metric in result.metrics:
        yield (metric.name, metric.value, "" if metric.unit == "count" else metric.unit)
        if metric.unit in ("ms", "s"):
            for name in ("p50", "p90", "p99", "p99_9", "max"):
                yield (f"{metric.name} {name.replace('_', '.')}", getattr(metric, name), metric.unit)
    if result.media is not None:
        yield ("MOS mean", result.media.mos_mean, "")
        yield ("MOS lowest", result.media.mos_lowest, "")
        yield ("loss", result.media.loss_percent, "%")
        yield ("packets of another call", result.media.foreign, "")
        yield ("packets with no call's audio", result.media.unknown, "")
    if result.search is not None:
        yield (f"{result.search.benchmark} (RFC 7502)", result.search.rate_found, "1/s")


def _table(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([_harmless(name) for name in head])
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue()


def _harmless(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
