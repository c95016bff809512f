"""`harness faults`: the faults that the reference trunk can have, and the proof that scenarios catch them.

The list comes from the trunk, the scenarios from their markers (`traceability`), the proof from
`fault_matrix`.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from harness.cli.failure import CommandFailure, ExitStatus
from harness.cli.fault_matrix import run_matrix
from harness.cli.traceability import Fault, known_faults, known_scenarios
from reports import matrix_text, write_matrix


def show_faults(console: Console, json_file: Path | None) -> None:
    """Prints the faults with requirement and scenarios; optionally writes them as JSON."""
    faults = known_faults()
    catching = _catching(faults)
    if json_file is not None:
        rows = [
            {
                "name": fault.name,
                "side": fault.side,
                "requirement": fault.requirement,
                "description": fault.description,
                "scenarios": catching[fault.name],
            }
            for fault in faults
        ]
        _write(json_file, json.dumps(rows, indent=2) + "\n")
        if str(json_file) == "-":
            return
    table = Table()
    for column in ("fault", "what it does", "requirement", "scenarios that catch it"):
        table.add_column(column)
    for fault in faults:
        names = "\n".join(catching[fault.name]) or "[red]none[/red]"
        table.add_row(fault.name, escape(fault.description), fault.requirement, names)
    console.print(table)
    console.print(f"{len(faults)} faults; `harness faults --run` proves them all", highlight=False)


def prove_faults(
    console: Console,
    names: Sequence[str],
    out: Path | None,
    jobs: int,
    words: str | None,
    json_file: Path | None,
) -> ExitStatus:
    """Runs the matrix and prints it. FAILED when a fault is missed or the correct trunk fails anything."""
    faults = _chosen(known_faults(), names)
    folder = (out or Path("out") / datetime.now().astimezone().strftime("%Y-%m-%d_%H%M%S_faults")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    matrix = run_matrix(faults, folder, jobs, words, lambda line: _tell(console, line))
    page = write_matrix(matrix, folder)
    if json_file is not None:
        _write(json_file, (folder / "faults.json").read_text(encoding="utf-8"))
    console.print(matrix_text(matrix))
    if matrix.baseline_failed:
        console.print(f"the correct trunk did not pass: {', '.join(matrix.baseline_failed)}", highlight=False)
    console.print(f"matrix: {page}", highlight=False, soft_wrap=True)
    return ExitStatus.PASSED if matrix.proven else ExitStatus.FAILED


def _tell(console: Console, line: str) -> None:
    console.print(line, highlight=False, markup=False, soft_wrap=True)


def _catching(faults: Sequence[Fault]) -> dict[str, list[str]]:
    scenarios = known_scenarios()
    return {
        fault.name: [each.name for each in scenarios if fault.requirement in each.requirements]
        for fault in faults
    }


def _chosen(faults: list[Fault], names: Sequence[str]) -> list[Fault]:
    unknown = sorted(set(names) - {fault.name for fault in faults})
    if unknown:
        message = f"unknown fault {', '.join(unknown)}; `harness faults` lists them"
        raise CommandFailure(message, ExitStatus.WRONG_INPUT)
    return [fault for fault in faults if not names or fault.name in names]


def _write(path: Path, text: str) -> None:
    if str(path) == "-":
        print(text, end="")
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        reason = error.strerror or str(error)
        raise CommandFailure(f"--json {path}: {reason}", ExitStatus.WRONG_INPUT) from None
