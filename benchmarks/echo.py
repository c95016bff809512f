"""CPU of echoed G.711 calls on the reference trunk, beside SIPp's ``-rtp_echo`` with the same calls.

Both servers hold the calls of one `rtp_blaster` each and take turns in echoing 50 packets a second and call;
what counts is processor time per echoed packet, and a run in which echoes are missing is no run.
"""

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.processes import BenchmarkError, Server, end, reference_trunk, sipp_uas

NUMBER = "+17606604690"
"""The reference trunk's echo test."""
MISSING = 0.001
"""Share of the packets that may be missing (one in a thousand)."""
TRIES = 3
"""How often a run is made that lost more, before the benchmark fails."""


@dataclass(frozen=True, slots=True)
class Echoed:
    """One server with calls whose audio it sends back."""

    name: str
    server: Server
    blaster: "subprocess.Popen[str]"

    def run(self) -> float:
        """One run: the server's processor microseconds per echoed packet. Raises BenchmarkError."""
        for _ in range(TRIES):
            before = self.server.cpu_seconds()
            figures = _say(self.blaster, "go")
            used = self.server.cpu_seconds() - before
            sent, received = figures["sent"], figures["received"]
            if received >= sent * (1 - MISSING):
                return float(used / received * 1e6)
        raise BenchmarkError(
            f"{self.name} echoed {received} of {sent} packets, and no better in {TRIES} runs: no comparison; "
            "measure with less beside it, or with fewer calls"
        )


@contextmanager
def echoed_calls(name: str, server: Server, *, calls: int, seconds: float) -> Iterator[Echoed]:
    """Calls to a server's echo, ready to send. Raises BenchmarkError when they cannot be set up."""
    command = [sys.executable, "-m", "benchmarks.rtp_blaster", str(server.port), NUMBER]
    command += ["--calls", str(calls), "--seconds", str(seconds)]
    blaster = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        _read(blaster)
        yield Echoed(name, server, blaster)
        assert blaster.stdin is not None
        blaster.stdin.close()
        blaster.wait(timeout=30)
    finally:
        end(blaster)


def measure(*, calls: int = 300, seconds: float = 4.0, runs: int = 5) -> dict[str, Any]:
    """`echo_cpu_ratio` and what it rests on: medians of runs that alternate. Raises BenchmarkError.

    `calls` at once, `seconds` of audio in each run, `runs` of each server after the warm-up.
    """
    figures: dict[str, list[float]] = {"trunk": [], "sipp": []}
    with (
        reference_trunk() as trunk,
        sipp_uas("-rtp_echo") as sipp,
        echoed_calls("trunk", trunk, calls=calls, seconds=seconds) as ours,
        echoed_calls("sipp", sipp, calls=calls, seconds=seconds) as theirs,
    ):
        for run in range(runs + 1):
            pair = {one.name: one.run() for one in (ours, theirs)}
            label = f"run {run} of {runs}" if run else "warm-up"
            print(f"  {label}: trunk {pair['trunk']:.1f} us, SIPp {pair['sipp']:.1f} us a packet", flush=True)
            if run:
                for name, value in pair.items():
                    figures[name].append(value)
    medians = {name: statistics.median(values) for name, values in figures.items()}
    if not medians["sipp"]:
        raise BenchmarkError("SIPp used no measurable processor time; echo more calls for longer")
    return {
        "echo_cpu_ratio": medians["trunk"] / medians["sipp"],
        "echo_medians_us": medians,
        "echo_runs_us": figures,
        "echo_calls": calls,
    }


def _say(blaster: "subprocess.Popen[str]", word: str) -> dict[str, int]:
    assert blaster.stdin is not None
    blaster.stdin.write(word + "\n")
    blaster.stdin.flush()
    return _read(blaster)


def _read(blaster: "subprocess.Popen[str]") -> dict[str, int]:
    assert blaster.stdout is not None
    line = blaster.stdout.readline()
    if not line:
        raise BenchmarkError("the RTP blaster ended without a word")
    told: dict[str, Any] = json.loads(line)
    if "error" in told:
        raise BenchmarkError(str(told["error"]))
    return told
