"""`harness compare`: two runs side by side as a table or JSON. What changed is found by `comparison`."""

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.cli.failure import CommandFailure, ExitStatus
from harness.cli.json_output import write_json
from harness.results import is_load_results, load_load_results, load_results
from harness.results.comparison import Comparison, Thresholds, Way, compare_loads, compare_scenarios
from reports.table import printable

STYLES: dict[Way, str] = {"worse": "bold red", "better": "green", "other": "dim"}
RESULTS = "results.json"


@dataclass(frozen=True, slots=True)
class CompareWishes:
    """What the user asked for."""

    old: Path
    new: Path
    percent: float
    milliseconds: float
    json_file: Path | None


def compare_runs(wishes: CompareWishes, console: Console) -> ExitStatus:
    """Prints what changed. Raises CommandFailure and ResultsError."""
    old, new = _file(wishes.old), _file(wishes.new)
    thresholds = Thresholds(wishes.percent, wishes.milliseconds)
    kinds = is_load_results(old), is_load_results(new)
    match kinds:
        case True, True:
            comparison = compare_loads(load_load_results(old), load_load_results(new), thresholds)
        case False, False:
            comparison = compare_scenarios(load_results(old), load_results(new), thresholds)
        case _:
            load, other = (old, new) if kinds[0] else (new, old)
            message = f"{load} is a load run and {other} is not; name two of one kind"
            raise CommandFailure(message, ExitStatus.WRONG_INPUT)
    _show(comparison, console)
    if wishes.json_file is not None:
        write_json(comparison, wishes.json_file)
    return ExitStatus.FAILED if comparison.got_worse else ExitStatus.PASSED


def _file(path: Path) -> Path:
    return path / RESULTS if path.is_dir() else path


def _show(comparison: Comparison, console: Console) -> None:
    console.print(Text.assemble(("old  ", "dim"), printable(comparison.old)))
    console.print(Text.assemble(("new  ", "dim"), printable(comparison.new)))
    for remark in comparison.remarks:
        console.print(Text.assemble(("note ", "yellow"), printable(remark)))
    if comparison.verdicts:
        console.print(_verdict_table(comparison))
    if comparison.figures:
        console.print(_figure_table(comparison))
    changes = comparison.ways
    if not changes:
        console.print("Nothing changed.")
        return
    counts = ", ".join(f"{changes.count(way)} {way}" for way in STYLES if way in changes)
    console.print(Text(f"{len(changes)} changed: {counts}", style="bold"))


def _verdict_table(comparison: Comparison) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for head in ("", "requirement", "level", "old", "new"):
        table.add_column(head, overflow="fold")
    for each in comparison.verdicts:
        name = Text.assemble(printable(each.id), (f"\n{printable(each.title)}" if each.title else "", "dim"))
        table.add_row(
            Text(each.way, style=STYLES[each.way]),
            name,
            each.level,
            printable(each.old) or "not there",
            printable(each.new) or "not there",
        )
    return table


def _figure_table(comparison: Comparison) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    table.add_column("figure", overflow="fold")
    for head in ("old", "new", "change"):
        table.add_column(head, justify="right")
    for each in comparison.figures:
        table.add_row(
            Text(each.way, style=STYLES[each.way]),
            Text(printable(each.name)),
            f"{each.old:.6g} {each.unit}",
            f"{each.new:.6g} {each.unit}",
            f"{each.percent:+.0f} %" if each.percent is not None else "",
        )
    return table
