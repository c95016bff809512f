"""Test 6.1 of RFC 7502: how many attempts a second the generator makes against itself, without a target.

Starts the answering side, and runs the same search against it as against the target. Without this figure no
other counts, for a limit that is found may be the generator's.
"""

import json
import subprocess
import sys
from pathlib import Path

from harness.cli.failure import CommandFailure, ExitStatus
from harness.cli.load_process import LoadProcess
from harness.cli.python_path import child_environment
from harness.load.load_settings import LoadSettings, SearchSettings
from harness.results import load_load_results

ATTEMPTS = 2000
"""N of the confirming step; the RFC's 50,000 would take longer than the search itself."""
END_PATIENCE = 5.0  # seconds that the answering side has to end


def measured_baseline(settings: LoadSettings, folder: Path, workers: int) -> float:
    """Attempts per second. Raises CommandFailure when none was found."""
    command = [sys.executable, "-m", "harness.load.work.answering_side"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=child_environment()
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            address = json.loads(process.stdout.readline())["udp"]
            return _searched(settings, address, folder, workers)
        finally:
            process.stdin.close()
            process.wait(END_PATIENCE)


def _searched(settings: LoadSettings, address: str, folder: Path, workers: int) -> float:
    outcome = folder / "baseline-results.json"
    target = settings.target.target.model_copy(update={"address": address, "transport": "udp"})
    baseline = settings.model_copy(
        update={
            "target": settings.target.model_copy(update={"target": target, "control": None}),
            "search": SearchSettings(attempts=ATTEMPTS, first_rate=500, is_baseline=True),
            "audio": False,
            "outcome_file": str(outcome),
            "metrics_address": None,
        }
    )
    load = LoadProcess(baseline, folder, workers, name="baseline")
    try:
        for _ in load:
            pass
    except KeyboardInterrupt:
        load.interrupt()
        raise
    finally:
        load.close()
    if load.refused or not outcome.exists():
        reason = load.refused or (load.output() or ["it said nothing"])[-1]
        raise CommandFailure(f"test 6.1 could not be made: {reason}", ExitStatus.NOT_TESTED)
    search = load_load_results(outcome).search
    if search is None or search.rate_found is None:
        raise CommandFailure(
            "the generator makes no attempt against itself without a failure; is this machine overloaded?",
            ExitStatus.NOT_TESTED,
        )
    return search.rate_found
