"""`harness requirements`: the catalogue with what covers each entry, as a list or as JSON.

The joining is done in `traceability`; here it is shown.
"""

import json

from rich.console import Console

from harness.cli.failure import CommandFailure, ExitStatus
from harness.cli.traceability import PACKS, TraceRow, known_faults, known_scenarios, trace_table


def show_requirements(console: Console, words: str | None, as_json: bool) -> None:
    """Prints all entries, or those with the words in id or title; uncovered ones are listed at the end."""
    rows = trace_table(
        [each for pack in PACKS.values() for each in known_scenarios(pack)],
        [each for side in PACKS for each in known_faults(side)],
    )
    if words is not None:
        wanted = words.lower()
        rows = [row for row in rows if wanted in f"{row.requirement.id} {row.requirement.title}".lower()]
    if as_json:
        console.print_json(json.dumps([row_as_json(row) for row in rows]))
        return
    if words is not None and not rows:
        message = f"no requirement has {words!r} in its id or title; `harness requirements` lists all"
        raise CommandFailure(message, ExitStatus.WRONG_INPUT)
    for row in rows:
        _print_row(console, row)
    uncovered = [row for row in rows if not row.scenarios]
    counted = f"{len(rows)} requirement{'' if len(rows) == 1 else 's'}"
    _tell(console, f"{counted}, {len(rows) - len(uncovered)} covered by scenarios")
    if uncovered:
        _tell(console, "not covered:")
    for row in uncovered:
        entry = row.requirement
        _tell(console, f"  {entry.id} (binds {entry.binds}): {entry.title}")


def row_as_json(row: TraceRow) -> dict[str, object]:
    """One entry for programs."""
    return {
        **row.requirement.model_dump(mode="json"),
        "scenarios": list(row.scenarios),
        "faults": list(row.faults),
    }


def _print_row(console: Console, row: TraceRow) -> None:
    """One entry: its id with level and source, then what covers it and what proves that."""
    entry = row.requirement
    _tell(console, f"{entry.id} — {entry.title} ({entry.level}; {entry.source})")
    for label, names in (("scenarios", row.scenarios), ("faults", row.faults)):
        if names:
            _tell(console, f"  {label}: {', '.join(names)}")
    console.print()


def _tell(console: Console, line: str) -> None:
    console.print(line, highlight=False, markup=False, soft_wrap=not console.is_terminal)
