"""A Locust worker with our fast user as a client of `benchmarks.generator`: what a load run really costs.

Locust's master runs beside it as a process of its own. All that a load run does is on: figures, reports to
the master every second, one call of a hundred through all checks. The worker measures its processor time
itself, from its first call to its last answer, as each load run does (`harness.load`'s evidence).
"""

import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import FIRST_USERNAME, BenchmarkError
from harness.cli.failure import CommandFailure
from harness.cli.load_process import LoadProcess
from harness.load.load_settings import LoadSettings
from harness.results import LoadResult, load_load_results
from harness.settings.target import TargetSettings

CHANNELS = 300
"""As many as a profile may have; the server counts none."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a load run said."""

    completed: int
    failed: int
    retransmissions: int
    slowest: float
    """Seconds from the intended start of a call to its first response, at worst."""
    cpu_seconds: float


def run_worker(port: int, number: str, calls: int, rate: float) -> Report:
    """Calls a server on this host at a constant rate. Raises BenchmarkError when nothing came of it."""
    target = TargetSettings.model_validate(
        {
            "target": {"address": f"127.0.0.1:{port}"},
            "profile": [{"sip_username": FIRST_USERNAME, "password": "secret", "channels": CHANNELS}],
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        outcome = Path(folder) / "results.json"
        settings = LoadSettings.made_of(
            target, {"rate": rate, "duration": calls / rate, "hold": 0.0, "number": number}
        ).model_copy(update={"outcome_file": str(outcome)})
        master_port = str(_free_tcp_port())
        ports = ("--master-bind-host", "127.0.0.1", "--master-bind-port", master_port)
        try:
            process = LoadProcess(
                settings,
                Path(folder),
                locust=("--processes", "1", *ports, "--master-port", master_port),
            )
        except CommandFailure as error:
            raise BenchmarkError(str(error)) from error
        try:
            for _ in process:
                pass
        finally:
            process.close()
        if process.refused or not outcome.exists():
            reason = process.refused or "\n".join(process.output()[-5:])
            raise BenchmarkError(f"the Locust worker made no load: {reason}")
        return _report(load_load_results(outcome))


def _report(result: LoadResult) -> Report:
    calls = [each for each in result.totals if each.kind == "call"]
    return Report(
        completed=sum(each.completed for each in calls),
        failed=sum(each.failed for each in calls),
        retransmissions=result.retransmissions,
        slowest=max((row.max or 0.0 for row in result.latencies), default=0.0) / 1000,
        cpu_seconds=result.evidence.cpu_seconds or 0.0,
    )


def _free_tcp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
