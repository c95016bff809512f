"""START HERE: all benchmarks beside SIPp, one after the other; a table and out/bench.json.

Each figure is a ratio to SIPp (or to ourselves) measured in one run, because absolute times of a shared
machine mean nothing. Nothing else should run meanwhile. Usage: ``python -m benchmarks [--quick] [NAME...]``;
values may follow a name, as in ``python -m benchmarks trunk calls=800 runs=3 echo``.
"""

import argparse
import json
import os
import platform
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import echo, generator, held_calls, trunk
from benchmarks.choice import Measure, WrongWord, choose, values_of
from benchmarks.processes import BenchmarkError

NOT_MEASURED = 3
OUT = Path("out")


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure must reach, and what it aims at."""

    key: str
    words: str
    bound: float
    aim: float
    least: bool = False
    """Whether the bound is a minimum."""

    def holds(self, value: float) -> bool:
        """Whether the figure is good enough."""
        return value >= self.bound if self.least else value <= self.bound


GOALS = (
    Goal("trunk_cpu_ratio", "CPU per authenticated call, trunk over SIPp's UAS", 3.0, 1.2),
    Goal("echo_cpu_ratio", "CPU of 300 echoed calls, trunk over SIPp -rtp_echo", 2.0, 1.0),
    Goal("call_memory_kb", "memory of the trunk per held call, kB", 20.0, 8.0),
    Goal("growth", "CPU per call with 3,000 calls held over 300 held", 1.2, 1.05),
    Goal("generator_cpu_ratio", "CPU per call, load generator over SIPp's UAC", 1.5, 0.9),
    Goal("generator_peak_ratio", "highest clean calls/s, generator over SIPp", 0.7, 1.0, least=True),
)


BENCHMARKS: dict[str, Measure] = {
    "trunk": trunk.measure,
    "echo": echo.measure,
    "held_calls": held_calls.measure,
    "generator": generator.measure,
}
QUICK: dict[str, dict[str, Any]] = {
    "trunk": {"calls": 800, "runs": 1},
    "echo": {"seconds": 2.0, "runs": 1},
    "held_calls": {"runs": 1},
    "generator": {"runs": 1, "peak": False},
}
"""For a first look; values of the command line come before these."""


def main(arguments: list[str] | None = None) -> int:
    """Measures what is named, all by default; exit status 3 when a program is missing or fails."""
    defaults = "\n".join(f"{name} {values_of(measure)}" for name, measure in BENCHMARKS.items())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        epilog=f"benchmarks with their values:\n{defaults}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("words", nargs="*", metavar="NAME|VALUE", help="which, and their values; see below")
    parser.add_argument("--quick", action="store_true", help="one short run each, for a first look")
    options = parser.parse_args(arguments)
    try:
        chosen = choose(options.words, BENCHMARKS)
    except WrongWord as error:
        parser.error(str(error))
    figures: dict[str, Any] = {"environment": environment(), "quick": options.quick}
    for name, values in chosen:
        print(f"{name}:", flush=True)
        try:
            figures.update(BENCHMARKS[name](**(QUICK[name] if options.quick else {}) | values))
        except BenchmarkError as error:
            print(f"bench: {name}: {error}", file=sys.stderr)
            return NOT_MEASURED
    OUT.mkdir(exist_ok=True)
    (OUT / "bench.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    Console().print(table(figures))
    print(f"written to {OUT / 'bench.json'}")
    return 0


def environment() -> dict[str, Any]:
    """What the figures were measured on."""
    return {"python": platform.python_version(), "machine": platform.machine(), "cores": os.cpu_count()}


def table(figures: dict[str, Any]) -> Table:
    """The goals with what was measured."""
    shown = Table("figure", "what it is", "measured", "must", "aim", box=None)
    for goal in GOALS:
        value = figures.get(goal.key)
        if value is None:
            continue
        sign = ">=" if goal.least else "<="
        style = "green" if goal.holds(value) else "red"
        shown.add_row(
            goal.key,
            goal.words,
            f"[{style}]{value:.2f}[/{style}]",
            f"{sign} {goal.bound:g}",
            f"{goal.aim:g}",
        )
    return shown


if __name__ == "__main__":
    sys.exit(main())
