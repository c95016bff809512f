"""`harness faults`: the faults of reference trunk and simulated PBX, and the proof that scenarios catch them.

The list comes from the trunk, the scenarios from their markers (`traceability`), the proof from
`fault_matrix`.
"""

import json
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from rich.console import Console

from harness.cli.failure import CommandFailure, ExitStatus
from harness.cli.fault_matrix import TrunkFaultRuns, run_matrix
from harness.cli.json_output import check_destination, write_text
from harness.cli.pbx_fault_runs import PbxFaultRuns
from harness.cli.run import output_folder
from harness.cli.traceability import PACKS, PBX_SCENARIOS, Fault, known_faults, known_scenarios
from harness.results import FaultMatrix, merge
from reports import matrix_text, write_matrix
from reports.report_view import counted

SIDES = ("trunk", "pbx")


def show_faults(
    console: Console, names: Sequence[str], json_file: Path | None, side: str | None = None
) -> None:
    """Prints a line for each fault of one side or both, or for those that are named.

    Optionally writes them, with scenarios, as JSON. Raises CommandFailure for a name that no fault has.
    """
    faults = _chosen([fault for each in sides_of(side) for fault in known_faults(each)], names)
    catching = _catching(faults)
    if json_file is not None:
        rows = [
            {
                "name": fault.name,
                "side": fault.side,
                "requirement": fault.requirement,
                "description": fault.description,
                "scenarios": catching[fault.side, fault.name],
            }
            for fault in faults
        ]
        write_text(json.dumps(rows, indent=2) + "\n", json_file)
        if str(json_file) == "-":
            return
    for fault in faults:
        _tell(console, f"{fault.name} — {fault.description} ({fault.requirement})")
    uncaught = [fault.name for fault in faults if not catching[fault.side, fault.name]]
    if uncaught:
        _tell(console, f"no scenario judges what these break: {', '.join(uncaught)}")
    _tell(
        console,
        f"\n{counted(len(faults), 'fault')}. Start one: harness serve --fault NAME, or for a PBX "
        "harness certify --simulate-pbx --fault NAME; prove that scenarios catch them: "
        "harness faults --run; the scenarios of each: harness faults --json -",
    )


def prove_faults(
    console: Console,
    names: Sequence[str],
    out: Path | None,
    jobs: int,
    words: str | None,
    json_file: Path | None,
    side: str | None = None,
) -> ExitStatus:
    """Runs the matrix and prints it. FAILED when a fault is missed or a correct side fails anything."""
    chosen = _chosen([fault for each in sides_of(side) for fault in known_faults(each)], names)
    check_destination(json_file)
    folder = output_folder(out, "_faults")
    matrices = []
    for each in sides_of(side):
        faults = [fault for fault in chosen if fault.side == each]
        if not faults:
            continue
        runs = PbxFaultRuns(known_scenarios(PBX_SCENARIOS)) if each == "pbx" else TrunkFaultRuns()
        place = folder / "pbx" if each == "pbx" else folder
        matrices.append(run_matrix(faults, place, jobs, words, lambda line: _tell(console, line), runs))
    matrix = merged(matrices)
    page = write_matrix(matrix, folder)
    if json_file is not None:
        write_text((folder / "faults.json").read_text(encoding="utf-8"), json_file)
    console.print(matrix_text(matrix))
    if matrix.baseline_failed:
        told = ", ".join(matrix.baseline_failed)
        console.print(f"without a fault these did not pass: {told}", highlight=False)
    console.print(f"matrix: {page}", highlight=False, soft_wrap=True)
    return ExitStatus.PASSED if matrix.proven else ExitStatus.FAILED


def merged(matrices: Sequence[FaultMatrix]) -> FaultMatrix:
    """The matrices of both sides as one."""
    first = matrices[0]
    return first.model_copy(
        update={
            "duration_s": round(sum(each.duration_s for each in matrices), 1),
            "baseline": merge([each.baseline for each in matrices]),
            "baseline_failed": [name for each in matrices for name in each.baseline_failed],
            "faults": [fault for each in matrices for fault in each.faults],
        }
    )


def sides_of(side: str | None) -> tuple[str, ...]:
    """The sides that are meant: ``trunk``, ``pbx``, or both. Raises CommandFailure."""
    if side is None:
        return SIDES
    if side not in SIDES:
        raise CommandFailure(f"--side {side}: write trunk or pbx", ExitStatus.WRONG_INPUT)
    return (side,)


def _tell(console: Console, line: str) -> None:
    console.print(line, highlight=False, markup=False, soft_wrap=not console.is_terminal)


def _catching(faults: Sequence[Fault]) -> dict[tuple[str, str], list[str]]:
    scenarios = {side: known_scenarios(PACKS[side]) for side in {fault.side for fault in faults}}
    return {
        (fault.side, fault.name): [
            each.name for each in scenarios[fault.side] if fault.requirement in each.requirements
        ]
        for fault in faults
    }


def _chosen(faults: list[Fault], names: Sequence[str]) -> list[Fault]:
    known = [fault.name for fault in faults]
    unknown = sorted(set(names) - set(known))
    if unknown:
        close = get_close_matches(unknown[0], known, n=1)
        meant = f"; did you mean {close[0]}?" if close else ";"
        message = f"unknown fault {', '.join(unknown)}{meant} `harness faults` lists them"
        raise CommandFailure(message, ExitStatus.WRONG_INPUT)
    return [fault for fault in faults if not names or fault.name in names]
