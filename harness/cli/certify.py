"""`harness certify`: the trunk scenarios' counterpart, which judges a PBX in front of a trunk started for it.

Puts the parts together: `certify_trunk`, `certify_arrival`, `certify_simulator`, the scenarios in a process
of their own, then report and certificate. What a folder of an interrupted run holds is `certify_folder`'s,
option texts are `application`'s.
"""

import shlex
import signal
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from rich.console import Console

from harness.cli.certify_arrival import wait_for_pbx
from harness.cli.certify_conclusion import conclude
from harness.cli.certify_folder import (
    Certificated,
    forget_results,
    last_packet,
    mend_results,
    read_folder,
    write_folder,
)
from harness.cli.certify_operator import Operator
from harness.cli.certify_simulator import on_free_ports, simulated_pbx, simulated_settings
from harness.cli.certify_trunk import CertifyTrunk
from harness.cli.certify_view import CertifyView
from harness.cli.failure import CommandFailure, ExitStatus, status_of
from harness.cli.json_output import check_destination
from harness.cli.run import explain, forget_when_empty, output_folder
from harness.cli.scenario_process import ScenarioProcess
from harness.cli.traceability import PBX_SCENARIOS
from harness.pbx_simulator.child_process import PbxDidNotStart, SimulatedPbx
from harness.pytest_plugin.control import Control, ControlError
from harness.pytest_plugin.pbx_order import PbxOrder, short_grant
from harness.results import ScenarioResult
from harness.settings.pbx import PbxFile, load_pbx

REGISTRATION = "registration"


@dataclass(frozen=True, slots=True)
class CertifyWishes:
    """What the user asked for."""

    pbx: Path | None = None
    simulate: bool = False
    fault: str | None = None
    mode: str = REGISTRATION
    """Of the simulated PBX without pbx.toml."""
    words: str | None = None
    out: Path | None = None
    resume: Path | None = None
    json_file: Path | None = None


@dataclass(frozen=True, slots=True)
class PbxSelection:
    """Which scenarios run against which PBX."""

    order: Path
    out: Path
    again: str
    words: str | None

    @property
    def package(self) -> str:
        """The PBX pack."""
        return PBX_SCENARIOS

    def arguments(self) -> list[str]:
        """What pytest is told."""
        words = ["--sip-pbx", str(self.order), "--sip-out", str(self.out), "--sip-again", self.again]
        return words if self.words is None else [*words, "-k", self.words]


def certify_pbx(wishes: CertifyWishes, console: Console) -> ExitStatus:
    """One certification with report and certificate. Raises CommandFailure and SettingsError."""
    check_destination(wishes.json_file)
    job, kept = _job(wishes)
    out = wishes.resume or output_folder(wishes.out, "_certify")
    signal.signal(signal.SIGTERM, _like_ctrl_c)
    with ExitStack() as stack:
        if wishes.out is None and wishes.resume is None:
            stack.callback(forget_when_empty, out)
        trunk = stack.enter_context(CertifyTrunk(on_free_ports(job.pbx) if job.simulate else job.pbx))
        control = Control(trunk.announced["control"])
        control.direct(trunk.pbx.trunk.sip_username, register={"expires_granted": short_grant(trunk.pbx)})
        simulator = _simulator(job, trunk, stack)
        (forget_results if wishes.resume is None else mend_results)(out)
        write_folder(
            out, Certificated(**{**dict(job), "pbx": job.pbx.model_copy(update={"trunk": trunk.pbx.trunk})})
        )
        absent = _wait(trunk, control, simulator, console)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sip-harness-")))
        order = PbxOrder(
            pbx=trunk.pbx,
            control=trunk.announced["control"],
            trunk=trunk.listeners,
            absent=absent,
            fault=job.fault,
            kept=tuple(each.name for each in kept),
            last_packet=last_packet(out),
        )
        order.write(folder / "order.json")
        selection = PbxSelection(folder / "order.json", out, _again(wishes), job.words)
        interrupted = _watch(selection, folder, console, simulator, trunk.pbx)
        problem = trunk.problem() or (simulator.problem() if simulator is not None else None)
    result = conclude(out, trunk.pbx, console, wishes.json_file)
    if interrupted:
        console.print(
            f"interrupted; go on with: harness certify --resume {shlex.quote(str(out))}", highlight=False
        )
        return ExitStatus.INTERRUPTED
    if absent or problem:
        raise CommandFailure(absent or problem or "", ExitStatus.NOT_TESTED)
    return status_of(result.verdict)


def _job(wishes: CertifyWishes) -> tuple[Certificated, list[ScenarioResult]]:
    """What is to be done, and what was done already. Raises CommandFailure and SettingsError."""
    if wishes.resume is not None:
        if wishes.pbx is not None or wishes.simulate or wishes.out is not None:
            message = f"--resume goes on as {wishes.resume} began; leave --pbx, --simulate-pbx and --out away"
            raise CommandFailure(message, ExitStatus.WRONG_INPUT)
        return read_folder(wishes.resume, wishes.words)
    if wishes.fault is not None and not wishes.simulate:
        raise CommandFailure("--fault is for the simulated PBX; add --simulate-pbx", ExitStatus.WRONG_INPUT)
    if wishes.pbx is None and not wishes.simulate:
        message = "name the PBX: --pbx pbx.toml (harness certify --init writes one), or try --simulate-pbx"
        raise CommandFailure(message, ExitStatus.WRONG_INPUT)
    if wishes.pbx is not None and wishes.mode != REGISTRATION:
        message = (
            f'--ip is for a simulated PBX without pbx.toml; write mode = "ip" under [pbx] in {wishes.pbx}'
        )
        raise CommandFailure(message, ExitStatus.WRONG_INPUT)
    pbx = simulated_settings(wishes.mode) if wishes.pbx is None else load_pbx(wishes.pbx)
    return Certificated(pbx=pbx, simulate=wishes.simulate, fault=wishes.fault, words=wishes.words), []


def _simulator(job: Certificated, trunk: CertifyTrunk, stack: ExitStack) -> SimulatedPbx | None:
    if not job.simulate:
        return None
    try:
        return stack.enter_context(simulated_pbx(trunk.pbx, trunk.listeners, job.fault))
    except PbxDidNotStart as error:
        raise CommandFailure(str(error), ExitStatus.WRONG_INPUT) from None


def _wait(trunk: CertifyTrunk, control: Control, simulator: SimulatedPbx | None, console: Console) -> str:
    """Why the PBX counts as not there; empty when it has appeared. Raises CommandFailure."""
    pbx = trunk.pbx
    where = trunk.listeners[pbx.pbx.transport]
    if simulator is None:
        _tell(console, f"The trunk listens at {pbx.pbx.transport}:{where}, domain {pbx.trunk.domain}")
        if pbx.pbx.mode == REGISTRATION:
            _tell(console, f"SIP username {pbx.trunk.sip_username}, password {pbx.trunk.password}")
        _tell(console, f"Online Numbers {', '.join(pbx.trunk.online_numbers)}")
        _tell(console, f"Waiting up to {pbx.timeouts.appear:g} s for the PBX ...")
    try:
        there, heard = wait_for_pbx(
            control, pbx, trunk.listeners, lambda words: _hear(console, simulator, words)
        )
    except ControlError as error:
        raise CommandFailure(trunk.problem() or str(error), ExitStatus.NOT_TESTED) from None
    return "" if there else heard.sentence(pbx.timeouts.appear, f"{pbx.pbx.transport}:{where}")


def _hear(console: Console, simulator: SimulatedPbx | None, words: str) -> None:
    if simulator is None:
        _tell(console, f"heard: {words}")


def _tell(console: Console, line: str) -> None:
    console.print(line, highlight=False, markup=False, soft_wrap=True)


def _watch(
    selection: PbxSelection, folder: Path, console: Console, simulator: SimulatedPbx | None, pbx: PbxFile
) -> bool:
    """Runs the scenarios to their end: whether the user interrupted them. Raises CommandFailure."""
    process = ScenarioProcess(selection, folder)
    interrupted = False
    try:
        with CertifyView(console, f"{pbx.pbx.vendor} {pbx.pbx.product} {pbx.pbx.version}") as view:
            operator = Operator(simulator, view)
            try:
                for event in process:
                    operator.take(event, process)
                    view.show(event)
            except KeyboardInterrupt:
                interrupted = True
                process.interrupt()
                for event in process:
                    view.show(event)
        if not (selection.out / "results.json").exists():
            explain(process, selection.words, selection.out, interrupted=interrupted, unreachable=None)
        return interrupted
    finally:
        process.close()


def _again(wishes: CertifyWishes) -> str:
    """The command that judges the same PBX again, without its selection: a finding adds its own ``-k``."""
    words = ["harness", "certify"]
    if wishes.resume is not None:
        return shlex.join([*words, "--resume", str(wishes.resume)])
    if wishes.pbx is not None:
        words += ["--pbx", str(wishes.pbx)]
    if wishes.simulate:
        words += ["--simulate-pbx"]
    if wishes.fault is not None:
        words += ["--fault", wishes.fault]
    return shlex.join(words)


def _like_ctrl_c(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
