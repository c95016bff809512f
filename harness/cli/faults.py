"""`harness faults`: the faults that the reference trunk can have, and the proof that scenarios catch them.

The list comes from the trunk, the scenarios from their markers (`traceability`), the proof from
`fault_matrix`.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from harness.cli.failure import CommandFailure, ExitStatus
from harness.cli.fault_matrix import run_matrix
from harness.cli.run import output_folder
from harness.cli.traceability import Fault, known_faults, known_scenarios
from reports import matrix_text, write_matrix


def show_faults(console: Console, json_file: Path | None) -> None:
    """Prints a line for each fault; optionally writes them, with their scenarios, as JSON."""
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
    for fault in faults:
        _tell(console, f"{fault.name} — {fault.description} ({fault.requirement})")
    uncaught = [fault.name for fault in faults if not catching[fault.name]]
    if uncaught:
        _tell(console, f"no scenario judges what these break: {', '.join(uncaught)}")
    _tell(
        console,
        f"\n{len(faults)} faults. Start one: harness serve --fault NAME; prove that scenarios catch them: "
        "harness faults --run; the scenarios of each: harness faults --json -",
    )


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
    folder = output_folder(out, "_faults")
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
    console.print(line, highlight=False, markup=False, soft_wrap=not console.is_terminal)


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
