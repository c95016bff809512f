"""`harness faults --run`: the pack against the correct trunk and against every fault, side by side.

Each run is a process of its own (`harness run --fault NAME`); a fault counts as caught when a scenario
failed with a finding of the fault's requirement. The result is a `FaultMatrix`; showing it is the work
of `reports`.
"""

import importlib.metadata
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from harness.cli.failure import CommandFailure, ExitStatus
from harness.cli.python_path import child_environment
from harness.cli.traceability import Fault
from harness.results import FaultMatrix, FaultResult, RunResult, Verdict, load_results

SATURATION = "saturation"
"""Topic of the scenarios that fill a profile; they take long, so only their own faults are run with them."""
FEWER_CHANNELS = 60
"""For runs side by side, in which 300 calls with audio would starve each other."""
HEAVY_JOBS = 4
"""Runs side by side that fill profiles."""
RUN_PATIENCE = 600  # seconds for one run, on a machine that does many at once
PASSING = (Verdict.PASS, Verdict.NOT_APPLICABLE)


class FaultRuns(Protocol):
    """How one side is run, with a fault or without."""

    @property
    def name(self) -> str:
        """Folder of the run without a fault."""

    @property
    def words(self) -> str:
        """The side that obeys, in words."""

    def is_heavy(self, fault: Fault) -> bool:
        """Whether only few of such runs bear each other."""

    def command(self, fault: Fault | None, folder: Path, words: str | None) -> list[str]:
        """One run with its results in `folder`."""


class TrunkFaultRuns:
    """How the reference trunk is run with a fault."""

    name = "correct-trunk"
    words = "correct trunk"

    def is_heavy(self, fault: Fault) -> bool:
        """Whether the fault shows only on a full profile."""
        return fills_profiles(fault)

    def command(self, fault: Fault | None, folder: Path, words: str | None) -> list[str]:
        """One run with its results in `folder`."""
        command = [sys.executable, "-m", "harness.cli", "run", "--out", str(folder)]
        if fault is not None:
            command += ["--fault", fault.name]
            if fills_profiles(fault):
                command += ["--channels", str(FEWER_CHANNELS)]
        selected = words_for(fault, words)
        return command if selected is None else [*command, "-k", selected]


def run_matrix(
    faults: Sequence[Fault],
    out: Path,
    jobs: int,
    words: str | None,
    tell: Callable[[str], None],
    runs: FaultRuns | None = None,
) -> FaultMatrix:
    """Runs the pack once without a fault and once with each; `tell` gets a line for each that is done.

    `runs`: of which side; the trunk's without.

    Raises CommandFailure when a run gave no results.
    """
    started, clock = datetime.now(UTC), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="sip-harness-") as compiled:
        environment = run_environment(child_environment(), compiled)
        baseline, results = _run_all(
            faults, _Runs(runs or TrunkFaultRuns(), out, words, environment), jobs, tell
        )
    failed = [each.name for each in baseline.scenarios if each.verdict not in PASSING]
    return FaultMatrix(
        harness_version=_version(),
        started=started,
        duration_s=round(time.monotonic() - clock, 1),
        baseline=baseline.verdict,
        baseline_failed=failed,
        faults=[results[fault.name] for fault in faults],
    )


def run_environment(environment: Mapping[str, str], compiled: str) -> dict[str, str]:
    """Where Python is told to keep no bytecode, the runs share some in a folder that goes away with them.

    Hundreds of processes would else compile the same sources again, a tenth of all their CPU time.
    """
    kept = {name: value for name, value in environment.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept if len(kept) == len(environment) else {**kept, "PYTHONPYCACHEPREFIX": compiled}


def judge_fault(fault: Fault, result: RunResult) -> FaultResult:
    """Which scenarios of the run failed, and whether one of them for the fault's requirement."""
    failed = [each for each in result.scenarios if each.verdict is Verdict.FAIL]
    caught_by = [each.name for each in failed if fault.requirement in each.requirements]
    named = any(finding.requirement == fault.requirement for each in failed for finding in each.findings)
    return FaultResult(
        name=fault.name,
        requirement=fault.requirement,
        description=fault.description,
        caught_by=caught_by,
        also_failed=[each.name for each in failed if each.name not in caught_by],
        caught=named and bool(caught_by),
        duration_s=result.duration_s,
    )


@dataclass(frozen=True, slots=True)
class _Runs:
    """The runs of one matrix."""

    side: FaultRuns
    out: Path
    words: str | None
    environment: Mapping[str, str]

    def run(self, fault: Fault | None) -> RunResult:
        """One run, or two when the first gives no results. Raises CommandFailure when neither does."""
        try:
            return self._run(fault)
        except CommandFailure:  # hundreds of runs take thousands of ports: one may be in use
            return self._run(fault)

    def _run(self, fault: Fault | None) -> RunResult:
        folder = self.out / (fault.name if fault else self.side.name)
        done = subprocess.run(
            self.side.command(fault, folder, self.words),
            capture_output=True,
            text=True,
            env=self.environment,
            check=False,
            timeout=RUN_PATIENCE,
        )
        results = folder / "results.json"
        if not results.exists():
            said = done.stderr.strip().splitlines() or done.stdout.strip().splitlines() or ["it said nothing"]
            name = f"fault {fault.name}" if fault else f"the {self.side.words}"
            if done.returncode == ExitStatus.WRONG_INPUT:
                raise CommandFailure(said[-1].removeprefix("harness: "), ExitStatus.WRONG_INPUT)
            raise CommandFailure(f"the run with {name} gave no results: {said[-1]}", ExitStatus.NOT_TESTED)
        return load_results(results)


def _run_all(
    faults: Sequence[Fault], runs: _Runs, jobs: int, tell: Callable[[str], None]
) -> tuple[RunResult, dict[str, FaultResult]]:
    """The run without a fault, then one for each, `jobs` at a time."""
    baseline = runs.run(None)
    tell(f"{runs.side.words}: {baseline.verdict.words}, {len(baseline.scenarios)} scenarios")
    results: dict[str, FaultResult] = {}
    light = [fault for fault in faults if not runs.side.is_heavy(fault)]
    heavy = [fault for fault in faults if runs.side.is_heavy(fault)]
    for batch, most in ((light, jobs), (heavy, min(jobs, HEAVY_JOBS))):
        for fault, result in _side_by_side(batch, most, runs):
            results[fault.name] = judge_fault(fault, result)
            tell(_line(results[fault.name]))
    return baseline, results


def _side_by_side(faults: Sequence[Fault], jobs: int, runs: _Runs) -> Iterator[tuple[Fault, RunResult]]:
    """Each fault with its run, as they are done."""
    with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
        waiting = {pool.submit(runs.run, fault): fault for fault in faults}
        try:
            for done in as_completed(waiting):
                yield waiting[done], done.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)  # those that have not begun
            raise


def fills_profiles(fault: Fault) -> bool:
    """Whether the fault shows only on a full profile."""
    return fault.requirement.startswith(f"{SATURATION}.")


def words_for(fault: Fault | None, words: str | None) -> str | None:
    """What is selected for a run, as pytest's ``-k``: the scenarios that fill profiles, or the others."""
    if fault is None:
        return words
    if fills_profiles(fault):
        return SATURATION
    return f"not {SATURATION}" if words is None else f"({words}) and not {SATURATION}"


def _line(result: FaultResult) -> str:
    if not result.caught:
        return f"{result.name}: MISSED ({result.requirement})"
    others = f", {len(result.also_failed)} more failed" if result.also_failed else ""
    return f"{result.name}: caught by {', '.join(result.caught_by)}{others}"


def _version() -> str:
    try:
        return importlib.metadata.version("sip-harness")
    except importlib.metadata.PackageNotFoundError:
        return ""
