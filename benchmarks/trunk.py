"""CPU per authenticated call of the reference trunk, beside SIPp's UAS answering plain calls.

The two servers take turns under the same generator at the same rate, because the speed of a shared
machine drifts: only the ratio of medians means something. The trunk challenges, checks From and number,
takes a channel and writes a call record to disk; SIPp's UAS does none of that.
"""

import statistics
from typing import Any

from benchmarks.processes import Server, reference_trunk, run_calls, sipp_uas

NUMBER = "+442079460000"
"""The reference trunk's number that rings and answers at once."""


def measure(*, calls: int = 2000, rate: int = 400, runs: int = 5) -> dict[str, Any]:
    """`trunk_cpu_ratio` and what it rests on: medians of runs that alternate. Raises BenchmarkError.

    `calls` in each run, offered at `rate` a second, in `runs` of each server after the warm-up.
    """
    print(f"{calls} calls a run at {rate}/s over UDP on loopback")
    with reference_trunk() as trunk, sipp_uas() as sipp:
        figures = measure_servers(trunk, sipp, calls=calls, rate=rate, runs=runs)
    medians = {name: statistics.median(values) for name, values in figures.items()}
    return {
        "trunk_cpu_ratio": medians["trunk"] / medians["sipp_uas"],
        "trunk_medians_us": medians,
        "trunk_runs_us": figures,
        "trunk_calls": calls,
        "trunk_rate": rate,
    }


def measure_servers(
    trunk: Server, sipp: Server, *, calls: int, rate: int, runs: int
) -> dict[str, list[float]]:
    """Microseconds per call of both servers, run by run, in turns after one warm-up each."""
    figures: dict[str, list[float]] = {"trunk": [], "sipp_uas": []}
    for run in range(runs + 1):
        pair = {
            "trunk": run_calls("uac_authenticated.xml", NUMBER, trunk, calls=calls, rate=rate),
            "sipp_uas": run_calls("uac_plain.xml", NUMBER, sipp, calls=calls, rate=rate),
        }
        label = f"run {run} of {runs}" if run else "warm-up"
        print(f"  {label}: trunk {pair['trunk']:.0f} us, SIPp UAS {pair['sipp_uas']:.0f} us", flush=True)
        if run:
            for name, value in pair.items():
                figures[name].append(value)
    return figures
