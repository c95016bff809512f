"""A load run as a table for the terminal: verdict with reasons, key figures, RFC 6076, outcomes.

For people at a prompt; plots and everything else are in the page that `load_html` makes.
"""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.results import LoadResult, LoadVerdict, VoidReason
from reports.html import duration_label
from reports.load_view import load_headline, metric_value, milliseconds
from reports.outcome_words import code_words, kind_words
from reports.table import printable

STYLES = {LoadVerdict.PASS: "green", LoadVerdict.FAIL: "bold red", LoadVerdict.VOID: "bold yellow"}
WORDS = {LoadVerdict.PASS: "PASSED", LoadVerdict.FAIL: "FAILED", LoadVerdict.VOID: "VOID"}


def print_load_summary(result: LoadResult, console: Console, report: Path | None = None) -> None:
    """Print the summary of `result`, and where its `report` lies."""
    console.print(render_load_summary(result, report))


def render_load_summary(result: LoadResult, report: Path | None = None) -> RenderableType:
    """What `print_load_summary` prints."""
    parts: list[RenderableType] = [_outcomes(result), Text(""), _metrics(result)]
    if result.media is not None:
        parts += [Text(""), _voice(result)]
    if result.search is not None:
        parts += [Text(""), _search(result)]
    if result.remarks:
        parts += [Text(""), _reasons(result.remarks, "dim")]
    parts += [Text(""), _closing(result)]
    if result.reasons:
        parts += [_reasons(result.reasons, "yellow")]
    if report is not None:
        parts.append(Text.assemble(("report  ", "dim"), str(report), overflow="fold"))
    return Group(*parts)


def _table(*columns: str, first: str = "") -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(first, overflow="fold")
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _outcomes(result: LoadResult) -> Table:
    table = _table("attempts", "50 %", "90 %", "99 %", "99.9 %", "longest", first="outcome")
    for row in result.latencies:
        words = code_words(row.code)
        name = Text.assemble(
            f"{kind_words(row.kind)}: {printable(row.code)}", (f"  {words}" if words else "", "dim")
        )
        spread = (milliseconds(each) for each in (row.p50, row.p90, row.p99, row.p99_9, row.max))
        table.add_row(name, f"{row.count:,}", *spread)
    return table


def _metrics(result: LoadResult) -> Table:
    table = _table("value", "99 %", "of", first="RFC 6076")
    for metric in result.metrics:
        ninety_nine = metric_value(metric, metric.p99) if metric.unit in ("ms", "s") and metric.count else ""
        style = "dim" if metric.value is None else ""
        name = Text.assemble(f"{metric.name}  ", (metric.title, "dim"))
        table.add_row(
            name, Text(metric_value(metric, metric.value), style=style), ninety_nine, f"{metric.count:,}"
        )
    return table


def _voice(result: LoadResult) -> Text:
    media = result.media
    if media is None or media.mos_lowest is None or media.mos_mean is None:
        return Text("MOS  undefined", style="dim")
    loss = "undefined" if media.loss_percent is None else f"{media.loss_percent:.3f} %"
    inputs = f"{media.codec}, Ie {media.equipment_impairment:g}, Bpl {media.loss_robustness:g}, loss {loss}"
    line = Text(f"MOS  mean {media.mos_mean:.2f}, lowest {media.mos_lowest:.2f}")
    line.append(f"  ({media.calls:,} calls, {inputs})", style="dim")
    if media.foreign:
        line.append(f"\n{media.foreign:,} packets of another call's audio", style="bold red")
    if media.unknown:
        line.append(f"\n{media.unknown:,} packets with no call's audio in them", style="dim")
    return line


def _search(result: LoadResult) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in result.search.report_fields if result.search else ():
        table.add_row(name, Text(printable(value)))
    return table


def _reasons(reasons: Sequence[VoidReason], style: str) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for reason in reasons:
        words = f"{printable(reason.seen)}; limit: {printable(reason.limit)}"
        table.add_row(
            Text(reason.topic, style=style), Text.assemble(words, (f"\n{printable(reason.change)}", "dim"))
        )
    return table


def _closing(result: LoadResult) -> Text:
    size = duration_label(result.duration_s)
    if result.interrupted:
        size += ", ended early"
    words = f"{printable(load_headline(result))}  ({size})"
    return Text.assemble((WORDS[result.verdict], STYLES[result.verdict]), "  ", words)
