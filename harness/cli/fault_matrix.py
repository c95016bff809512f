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
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from pathlib import Path

from harness.cli.failure import CommandFailure, ExitStatus
from harness.cli.python_path import child_environment
from harness.cli.traceability import Fault
from harness.results import FaultMatrix, FaultResult, RunResult, Verdict, load_results

RUN_PATIENCE = 600  # seconds for one run, on a machine that does many at once
PASSING = (Verdict.PASS, Verdict.NOT_APPLICABLE)


def run_matrix(
    faults: Sequence[Fault], out: Path, jobs: int, words: str | None, tell: Callable[[str], None]
) -> FaultMatrix:
    """Runs the pack once without a fault and once with each; `tell` gets a line for each that is done.

    Raises CommandFailure when a run gave no results.
    """
    started, clock = datetime.now(UTC), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="sip-harness-") as compiled:
        environment = run_environment(child_environment(), compiled)
        baseline, results = _run_all(faults, out, jobs, words, tell, environment)
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


def _run_all(
    faults: Sequence[Fault],
    out: Path,
    jobs: int,
    words: str | None,
    tell: Callable[[str], None],
    environment: Mapping[str, str],
) -> tuple[RunResult, dict[str, FaultResult]]:
    """The run without a fault, then one for each, `jobs` at a time."""
    baseline = _run(None, out, words, environment)
    tell(f"correct trunk: {baseline.verdict.words}, {len(baseline.scenarios)} scenarios")
    results: dict[str, FaultResult] = {}
    with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
        waiting = {pool.submit(_run, fault.name, out, words, environment): fault for fault in faults}
        try:
            for done in as_completed(waiting):
                fault = waiting[done]
                results[fault.name] = judge_fault(fault, done.result())
                tell(_line(results[fault.name]))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)  # those that have not begun
            raise
    return baseline, results


def _run(fault: str | None, out: Path, words: str | None, environment: Mapping[str, str]) -> RunResult:
    folder = out / (fault or "correct-trunk")
    command = [sys.executable, "-m", "harness.cli", "run", "--out", str(folder)]
    if fault is not None:
        command += ["--fault", fault]
    if words is not None:
        command += ["-k", words]
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment, check=False, timeout=RUN_PATIENCE
    )
    results = folder / "results.json"
    if not results.exists():
        last = (done.stderr.strip().splitlines() or done.stdout.strip().splitlines() or ["it said nothing"])[
            -1
        ]
        name = f"fault {fault}" if fault else "the correct trunk"
        raise CommandFailure(f"the run with {name} gave no results: {last}", ExitStatus.NOT_TESTED)
    return load_results(results)


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
