"""`harness requirements`: the catalogue with what covers each entry, as a table or as JSON.

The joining is done in `traceability`; here it is shown.
"""

import json
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from harness.cli.traceability import TraceRow, known_faults, known_scenarios, trace_table


def show_requirements(console: Console, words: str | None, as_json: bool) -> None:
    """Prints all entries, or those with the words in id or title; uncovered ones are listed at the end."""
    rows = trace_table(known_scenarios(), known_faults())
    if words is not None:
        wanted = words.lower()
        rows = [row for row in rows if wanted in f"{row.requirement.id} {row.requirement.title}".lower()]
    if as_json:
        console.print_json(json.dumps([row_as_json(row) for row in rows]))
        return
    console.print(_table(rows))
    uncovered = [row for row in rows if not row.scenarios]
    console.print(
        f"{len(rows)} requirements, {len(rows) - len(uncovered)} covered by scenarios", highlight=False
    )
    if uncovered:
        console.print("not covered:")
        for row in uncovered:
            entry = row.requirement
            console.print(
                f"  {entry.id} (binds {entry.binds}): {escape(entry.title)}", highlight=False, soft_wrap=True
            )


def row_as_json(row: TraceRow) -> dict[str, object]:
    """One entry for programs."""
    return {
        **row.requirement.model_dump(mode="json"),
        "scenarios": list(row.scenarios),
        "faults": list(row.faults),
    }


def _table(rows: Sequence[TraceRow]) -> Table:
    table = Table(show_lines=False)
    table.add_column("requirement", no_wrap=True)
    table.add_column("level", no_wrap=True)
    table.add_column("source")
    table.add_column("scenarios")
    table.add_column("faults that prove them")
    for row in rows:
        entry = row.requirement
        scenarios = "\n".join(row.scenarios) or "[yellow]none[/yellow]"
        table.add_row(entry.id, entry.level, escape(entry.source), scenarios, "\n".join(row.faults))
    return table
