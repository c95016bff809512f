"""START HERE for the generator: a Locust worker with our fast user beside SIPp's UAC.

CPU per authenticated call, and the highest rate without a loss; beside it the load engine alone, without
Locust, to see what Locust costs. All call the same server, a SIPp UAS that challenges each INVITE, with the
same flow (INVITE/407/ACK/INVITE/180/200/ACK/BYE/200), in turns, because the speed of a shared machine drifts.
The peak is the highest rate at which no call fails, nothing is sent twice and the rate is held; it is
searched for all in the same way.
"""

import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.locust_worker import run_worker
from benchmarks.processes import SIPP_FOLDER, TUNED, BenchmarkError, Server, end, free_port, sipp_path

NUMBER = "+442079460000"
PEAK_SECONDS = 3.0
"""How long a rate must hold: six times T1, so that a lost packet shows as a retransmission."""
PEAK_START, PEAK_FACTOR, PEAK_STEP = 2000.0, 1.5, 1.1
"""Calls per second to begin with; the factor while it holds; where the bracket is narrow enough."""
START_TRIES = 5
PATIENCE = 5.0
"""Seconds after its last call is due when SIPp is ended; what is open then has failed."""
LAST_ANSWERS = 0.5
"""Seconds that the last calls of a run may take longer than the schedule."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one client did."""

    completed: int
    failed: int
    retransmissions: int
    seconds: float
    us_per_call: float

    def is_clean(self, planned: float) -> bool:
        """No call failed, nothing was sent twice, and the rate was held; ``planned`` seconds."""
        return self.failed == 0 == self.retransmissions and self.seconds <= planned + LAST_ANSWERS


Client = Callable[[Server, int, float], Run]
"""Places so many calls at so many a second."""


@contextmanager
def challenging_server() -> Iterator[Server]:
    """A SIPp UAS that answers each INVITE without credentials with 407. Raises BenchmarkError."""
    for _ in range(START_TRIES):  # the free ports may be somebody else's by now
        port = free_port()
        command = [sipp_path(), "-sf", str(SIPP_FOLDER / "uas_challenging.xml"), "-i", "127.0.0.1"]
        process = subprocess.Popen(
            [*command, "-p", str(port), "-mp", str(free_port()), "-nostdin", *TUNED],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            if _listens(process, port):
                yield Server(process.pid, port)
                return
        finally:
            end(process)
    raise BenchmarkError(f"SIPp could not be started as a server in {START_TRIES} tries")


def _listens(process: "subprocess.Popen[str]", port: int) -> bool:
    """SIPp says nothing when it is ready, but the kernel does; waits three seconds at most."""
    for _ in range(300):
        if f":{port:04X} " in Path("/proc/net/udp").read_text(encoding="ascii"):
            return process.poll() is None
        if process.poll() is not None:
            return False
        time.sleep(0.01)
    return False


def sipp_uac(server: Server, calls: int, rate: float) -> Run:
    """SIPp as the client. Raises BenchmarkError when it breaks."""
    with tempfile.TemporaryDirectory() as folder:
        statistics_file = Path(folder) / "statistics.csv"
        command = [sipp_path(), f"127.0.0.1:{server.port}", "-sf", str(SIPP_FOLDER / "uac_authenticated.xml")]
        command += [
            "-s",
            NUMBER,
            "-i",
            "127.0.0.1",
            "-p",
            str(free_port()),
            "-m",
            str(calls),
            "-r",
            str(rate),
        ]
        command += [
            "-l",
            str(calls),
            "-nostdin",
            "-trace_stat",
            "-fd",
            "1",
            "-stf",
            str(statistics_file),
        ]
        process = subprocess.Popen(
            [*command, *TUNED], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder
        )
        begin = time.monotonic()
        with _ended_after(process, calls / rate + PATIENCE):
            _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - begin
        if not statistics_file.exists():
            raise BenchmarkError(f"SIPp ended with {process.returncode} and left no statistics")
        with statistics_file.open(encoding="ascii") as lines:
            last = list(csv.DictReader(lines, delimiter=";"))[-1]
    completed = int(last["SuccessfulCall(C)"])
    return Run(
        completed=completed,
        failed=calls - completed,
        retransmissions=int(last["Retransmissions(C)"]),
        seconds=seconds,
        us_per_call=(usage.ru_utime + usage.ru_stime) / max(1, completed) * 1e6,
    )


@contextmanager
def _ended_after(process: "subprocess.Popen[bytes]", seconds: float) -> Iterator[None]:
    """SIPp waits for ever for a call that lost a message it does not repeat."""
    timer = threading.Timer(seconds, process.terminate)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def our_engine(server: Server, calls: int, rate: float) -> Run:
    """Our load engine as the client, in a process of its own. Raises BenchmarkError when it breaks."""
    command = [sys.executable, "-m", "benchmarks.generator_process", str(server.port), "--number", NUMBER]
    command += ["--calls", str(calls), "--rate", str(rate), "--patience", str(PATIENCE)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    if done.returncode != 0:
        raise BenchmarkError(f"our generator ended with {done.returncode}: {done.stderr[-500:]}")
    seen = json.loads(done.stdout)
    return Run(
        completed=seen["completed"],
        failed=seen["failed"],
        retransmissions=seen["retransmissions"],
        seconds=seen["seconds"],
        us_per_call=seen["us_per_call"],
    )


def our_worker(server: Server, calls: int, rate: float) -> Run:
    """A Locust worker with our fast user as the client. Raises BenchmarkError when it breaks."""
    seen = run_worker(server.port, NUMBER, calls, rate)
    return Run(
        completed=seen.completed,
        failed=calls - seen.completed,
        retransmissions=seen.retransmissions,
        seconds=calls / rate + seen.slowest,
        us_per_call=seen.cpu_seconds / max(1, seen.completed) * 1e6,
    )


CLIENTS: dict[str, Client] = {"sipp": sipp_uac, "worker": our_worker, "engine": our_engine}
"""Who is compared; the engine is what the worker drives, alone in a process."""
COMPARED = ("sipp", "worker")
"""Whose highest rate is searched, which takes minutes each."""


def compare_cpu(calls: int, rate: float, runs: int) -> dict[str, list[float]]:
    """Microseconds per completed call of each client, run by run, in turns, after a warm-up each."""
    figures: dict[str, list[float]] = {name: [] for name in CLIENTS}
    for run in range(runs + 1):
        for name, client in CLIENTS.items():
            with challenging_server() as server:
                seen = client(server, calls, rate)
            if seen.failed:
                raise BenchmarkError(f"{name}: {seen.failed} of {calls} calls failed at {rate:.0f}/s")
            label = f"run {run} of {runs}" if run else "warm-up"
            print(f"  {label}: {name} {seen.us_per_call:.0f} us a call at {rate:.0f}/s", flush=True)
            if run:
                figures[name].append(seen.us_per_call)
    return figures


def find_peak(name: str, client: Client) -> float:
    """The highest rate that a client holds, in calls per second, to within the step."""
    good, bad, rate = 0.0, float("inf"), PEAK_START
    while bad > good * PEAK_STEP:
        calls = int(rate * PEAK_SECONDS)
        with challenging_server() as server:
            held = client(server, calls, rate).is_clean(PEAK_SECONDS)
        print(f"  {name} at {rate:.0f} calls/s: {'clean' if held else 'not clean'}", flush=True)
        if held:
            good = rate
        else:
            bad = rate
        if bad < 1.0:
            break
        rate = (good * bad) ** 0.5 if good and bad < float("inf") else rate * (PEAK_FACTOR if held else 0.5)
    return good


def measure(
    *, calls: int = 12000, rate: float = 4000.0, runs: int = 5, peak: bool = True, peak_runs: int = 1
) -> dict[str, Any]:
    """``generator_cpu_ratio``, ``generator_peak_ratio``, and what they come from. Raises BenchmarkError.

    `calls` in each run, offered at `rate` a second, in `runs` after the warm-up; with `peak` the highest rate
    is searched too, `peak_runs` times. CPU of the engine alone stands beside it. Lasts some eight minutes.
    """
    figures = compare_cpu(calls, rate, runs)
    medians = {name: statistics.median(values) for name, values in figures.items()}
    result: dict[str, Any] = {
        "generator_cpu_ratio": medians["worker"] / medians["sipp"],
        "engine_cpu_ratio": medians["engine"] / medians["sipp"],
        "generator_us_per_call": medians,
        "generator_runs_us": figures,
        "generator_rate": rate,
    }
    if peak:
        peaks: dict[str, list[float]] = {name: [] for name in COMPARED}
        for _ in range(peak_runs):
            for name in COMPARED:
                peaks[name].append(find_peak(name, CLIENTS[name]))
        best = {name: statistics.median(values) for name, values in peaks.items()}
        result["generator_peak_ratio"] = best["worker"] / best["sipp"]
        result["generator_peaks"] = best
        result["generator_peak_runs"] = peaks
    return result
