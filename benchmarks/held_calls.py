"""Memory and processor time of the reference trunk while many calls are held.

Ten profiles hold 300, then 3,000 answered calls without audio (`NUMBER` answers and never sends any).
Measured are the growth of resident memory per held call, the processor time per further call that comes and
goes meanwhile (by SIPp, with a profile of its own), and the processor time of holding alone. Linux only.
"""

import statistics
import time
from pathlib import Path
from typing import Any

from benchmarks.plain_calls import PlainCalls
from benchmarks.processes import Server, reference_trunk, run_calls, username

NUMBER = "+442079460210"
"""The reference trunk's number that answers and never sends RTP."""
SHORT_NUMBER = "+442079460000"
"""The one that the further calls dial: rings and answers at once."""
CHANNELS = 300
"""Of each profile."""
SETTLE = 3.0
"""Seconds between the last answer and a reading: what a setup needs is let go of meanwhile."""


class HeldCalls:
    """Calls that stand, spread over profiles that have 300 channels each."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._calls = PlainCalls(server.port)

    def hold(self, count: int) -> None:
        """Places calls until so many stand. Raises BenchmarkError when one is refused."""
        while len(self._calls.held) < count:
            index = len(self._calls.held)
            profile = username(1 + index // CHANNELS)  # the first one is SIPp's
            self._calls.call(profile, NUMBER, media_port=20_000 + 2 * index)

    def close(self) -> None:
        """Forgets the calls."""
        self._calls.close()


def resident_kb(server: Server) -> float:
    """Resident memory of a process in kilobytes of 1,024 bytes (proc(5), VmRSS)."""
    text = Path(f"/proc/{server.pid}/status").read_text(encoding="ascii")
    return float(next(line.split()[1] for line in text.splitlines() if line.startswith("VmRSS:")))


def measure(
    *, few: int = 300, many: int = 3000, calls: int = 1000, rate: int = 200, runs: int = 3
) -> dict[str, Any]:
    """`call_memory_kb` and `growth`, with what they rest on. Raises BenchmarkError.

    `few` calls are held first, `many` then; `calls` further ones a run come at `rate` a second, in `runs`.
    """
    with reference_trunk(profiles=1 + -(-many // CHANNELS)) as trunk:
        held = HeldCalls(trunk)
        try:
            _extra_calls(trunk, calls, rate, 1)  # warm-up
            at_few = _measure_at(trunk, held, few, calls, rate, runs)
            at_many = _measure_at(trunk, held, many, calls, rate, runs)
        finally:
            held.close()
    grown = at_many["resident_kb"] - at_few["resident_kb"]
    return {
        "call_memory_kb": grown / (many - few),
        "growth": at_many["call_us"] / at_few["call_us"],
        "held_calls": {str(few): at_few, str(many): at_many},
    }


def _measure_at(
    trunk: Server, held: HeldCalls, count: int, calls: int, rate: int, runs: int
) -> dict[str, float]:
    """The figures with so many calls held."""
    held.hold(count)
    time.sleep(SETTLE)
    resident = resident_kb(trunk)
    before = trunk.cpu_seconds()
    time.sleep(SETTLE)
    holding = (trunk.cpu_seconds() - before) / SETTLE
    call_us = _extra_calls(trunk, calls, rate, runs)
    print(
        f"  {count} held: {resident / 1024:.0f} MB, {holding:.1%} of a core to hold them, "
        f"{call_us:.0f} us a further call",
        flush=True,
    )
    return {"resident_kb": resident, "holding_cpu": holding, "call_us": call_us}


def _extra_calls(trunk: Server, calls: int, rate: int, runs: int) -> float:
    """Microseconds of processor time per call that comes and goes, median of the runs."""
    return statistics.median(
        run_calls("uac_authenticated.xml", SHORT_NUMBER, trunk, calls=calls, rate=rate) for _ in range(runs)
    )
