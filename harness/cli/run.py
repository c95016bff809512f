"""`harness run`: the trunk scenarios against a target, or against a trunk that it starts itself.

Puts the parts together: `embedded_trunk`, `scenario_process`, `run_view`, then results and report. The
option texts are `application`'s.
"""

import os
import shlex
import signal
import tempfile
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import FrameType

from rich.console import Console

from harness.cli.embedded_trunk import EmbeddedTrunk
from harness.cli.failure import CommandFailure, ExitStatus, status_of
from harness.cli.json_output import check_destination, write_text
from harness.cli.run_view import RunView
from harness.cli.scenario_process import ScenarioProcess, Selection
from harness.results import RunResult, load_results
from harness.settings.target import MAXIMUM_CHANNELS, load_target
from reports import print_summary, write_reports

PYTEST_WRONG_USE = 4
PYTEST_NOTHING_SELECTED = 5
CREDENTIALS = "registration.credentials-accepted"


@dataclass(frozen=True, slots=True)
class RunWishes:
    """What the user asked for."""

    target: Path | None = None
    fault: str | None = None
    channels: int | None = None
    """How many the large profiles of the embedded trunk have."""
    words: str | None = None
    out: Path | None = None
    json_file: Path | None = None
    stop_at_first: bool = False


def run_scenarios(wishes: RunWishes, console: Console) -> ExitStatus:
    """One run with report. Raises CommandFailure and SettingsError."""
    check_destination(wishes.json_file)
    if wishes.target is not None:
        if wishes.fault is not None:
            message = (
                "--fault needs the embedded trunk; leave --target out, or start: harness serve --fault NAME"
            )
            raise CommandFailure(message, ExitStatus.WRONG_INPUT)
        if wishes.channels is not None:
            message = f"--channels is for the embedded trunk; write channels = ... in {wishes.target}"
            raise CommandFailure(message, ExitStatus.WRONG_INPUT)
        load_target(wishes.target)
    out = output_folder(wishes.out)
    signal.signal(signal.SIGTERM, _like_ctrl_c)
    with ExitStack() as stack:
        if wishes.out is None:
            stack.callback(forget_when_empty, out)
        target_file, trunk = wishes.target, None
        if target_file is None:
            trunk = stack.enter_context(EmbeddedTrunk(wishes.fault, wishes.channels or MAXIMUM_CHANNELS))
            target_file = trunk.target_file
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sip-harness-")))
        selection = Selection(
            target_file=target_file.resolve(),
            out=out,
            again=_again(wishes),
            words=wishes.words,
            fault=wishes.fault,
            stop_at_first=wishes.stop_at_first,
        )
        interrupted, unreachable = _watch(selection, folder, console, out)
        problem = trunk.problem() if trunk is not None else None
    result = load_results(out / "results.json")
    _conclude(result, out, wishes, console)
    if interrupted:
        console.print("interrupted: calls were ended, the report is as far as the run came")
        return ExitStatus.INTERRUPTED
    if problem is not None:
        raise CommandFailure(problem, ExitStatus.NOT_TESTED)
    if unreachable is not None:
        raise CommandFailure(f"the run ended early: {unreachable}", ExitStatus.NOT_TESTED)
    return status_of(result.verdict)


def output_folder(wanted: Path | None, ending: str = "") -> Path:
    """The folder that results go to, made when it is not there. Raises CommandFailure."""
    out = wanted or Path("out") / datetime.now().astimezone().strftime(f"%Y-%m-%d_%H%M%S{ending}")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        message = f"--out {out}: can't be made ({reason}); name a folder of your own with --out DIR"
        raise CommandFailure(message, ExitStatus.WRONG_INPUT) from None
    if not os.access(out, os.W_OK | os.X_OK):
        message = f"--out {out}: can't be written to (Permission denied); name a folder of your own"
        raise CommandFailure(message, ExitStatus.WRONG_INPUT)
    return out.resolve()


def forget_when_empty(out: Path) -> None:
    """Removes a folder that nothing came into: the command was refused."""
    with suppress(OSError):
        out.rmdir()


def _again(wishes: RunWishes) -> str:
    """The command that runs the same pack, without its selection: a finding adds its own ``-k``."""
    words = ["harness", "run"]
    if wishes.target is not None:
        words += ["--target", str(wishes.target)]
    if wishes.fault is not None:
        words += ["--fault", wishes.fault]
    if wishes.channels is not None:
        words += ["--channels", str(wishes.channels)]
    return shlex.join(words)


def _like_ctrl_c(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _watch(selection: Selection, folder: Path, console: Console, out: Path) -> tuple[bool, str | None]:
    """Runs the scenarios to their end: whether the user interrupted them, and why the target was lost.

    Raises CommandFailure.
    """
    process = ScenarioProcess(selection, folder)
    interrupted = False
    try:
        with RunView(console) as view:
            try:
                for event in process:
                    view.show(event)
            except KeyboardInterrupt:
                interrupted = True
                process.interrupt()
                for event in process:
                    view.show(event)
        if not (out / "results.json").exists():
            explain(
                process,
                selection.words,
                out,
                interrupted=interrupted,
                unreachable=view.unreachable,
            )
        return interrupted, view.unreachable
    finally:
        process.close()


def explain(
    process: ScenarioProcess, words: str | None, out: Path, *, interrupted: bool, unreachable: str | None
) -> None:
    """Why there are no results. Raises CommandFailure."""
    status = process.status
    if interrupted:
        raise CommandFailure("interrupted before the first scenario was judged", ExitStatus.INTERRUPTED)
    if unreachable is not None:
        raise CommandFailure(unreachable, ExitStatus.NOT_TESTED)
    if status == PYTEST_NOTHING_SELECTED:
        message = f"no scenario fits -k {words!r}; `harness requirements` lists scenarios"
        raise CommandFailure(message, ExitStatus.WRONG_INPUT)
    output = process.output()
    reason = output[-1] if output else "it said nothing"
    errors = [line for line in output if line.startswith(("ERROR:", "E  "))]
    if status == PYTEST_WRONG_USE:
        told = errors[0] if errors else reason
        raise CommandFailure(told.removeprefix("ERROR:").removeprefix("E ").strip(), ExitStatus.WRONG_INPUT)
    kept = out / "pytest.log"
    kept.write_text("\n".join(output) + "\n", encoding="utf-8")
    raise CommandFailure(
        f"the scenarios could not run (pytest ended with status {status}): "
        f"{errors[0] if errors else reason}; all of it is in {kept}",
        ExitStatus.NOT_TESTED,
    )


def _conclude(result: RunResult, out: Path, wishes: RunWishes, console: Console) -> None:
    """Renders the documents, writes what was asked for, prints the table."""
    page = write_reports(result, out)
    print_summary(result, console, page)
    if wishes.target is not None and _credentials_failed(result):
        line = f"hint: the trunk does not take the credentials in {wishes.target}; "
        line += "correct sip_username, password or domain first, the rest may follow from that"
        console.print(line, highlight=False, markup=False)
    if wishes.json_file is not None:
        copy_results(out / "results.json", wishes.json_file)


def _credentials_failed(result: RunResult) -> bool:
    broken = {finding.requirement for each in result.scenarios for finding in each.findings}
    return CREDENTIALS in broken


def copy_results(source: Path, destination: Path) -> None:
    """Hands the results out once more. Raises CommandFailure."""
    write_text(source.read_text(encoding="utf-8"), destination)
