"""The load engine alone in a process: places calls at a rate and prints as JSON what it cost.

What `benchmarks.generator` starts beside SIPp to see what the Locust around it costs. Statistics are made as
in a load run (`harness.load.figures.figures`); the processor time is that of the load, without the
interpreter's start.
Usage: ``python -m benchmarks.generator_process PORT --calls N --rate N``.
"""

import argparse
import json
import resource
import sys
from dataclasses import dataclass

import gevent

from harness.load.figures.attempt import Attempt
from harness.load.figures.figures import Figures
from harness.load.generator import Generator
from harness.sip.hop import Hop


@dataclass(frozen=True, slots=True)
class Account:
    """The profile that calls."""

    sip_username: str = "99051000000231"
    password: str = "secret"  # of a server that does not look


class Load:
    """Calls at an even rate."""

    def __init__(self, generator: Generator, number: str, calls: int, rate: float) -> None:
        self.started = 0
        self.ended = 0
        self.failed = 0
        self.retransmissions = 0
        self._line = generator.line(Account())
        self._number = number
        self._calls = calls
        self._rate = rate
        self._begin = generator.clock()
        generator.on_tick.append(self.tick)
        generator.on_attempt.append(self.count)
        generator.on_attempt.append(Figures().add)

    def tick(self, now: float) -> None:
        """Start the calls that are due."""
        due = min(self._calls, int((now - self._begin) * self._rate))
        while self.started < due:
            self._line.call(self._number, intended=self._begin + self.started / self._rate)
            self.started += 1

    def count(self, attempt: Attempt) -> None:
        """One call is over."""
        self.ended += 1
        self.failed += not attempt.completed
        self.retransmissions += attempt.retransmissions


def main(arguments: list[str] | None = None) -> int:
    """Runs the load and prints one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int, help="UDP port of the server on this host")
    parser.add_argument("--calls", type=int, default=10000)
    parser.add_argument("--rate", type=float, default=2000.0, help="calls per second")
    parser.add_argument("--number", default="+442079460000")
    parser.add_argument("--patience", type=float, default=40.0, help="seconds after the last call is due")
    options = parser.parse_args(arguments)
    generator = Generator(Hop("udp", "127.0.0.1", options.port), domain="sip.skype.com")
    before = _processor_seconds()
    load = Load(generator, options.number, options.calls, options.rate)
    begin = generator.clock()
    until = begin + options.calls / options.rate + options.patience
    while load.ended < options.calls and generator.clock() < until:
        gevent.sleep(0.05)
    used = _processor_seconds() - before
    result = {
        "completed": load.ended - load.failed,
        "failed": options.calls - load.ended + load.failed,
        "retransmissions": load.retransmissions,
        "seconds": generator.clock() - begin,
        "us_per_call": used / max(1, load.ended - load.failed) * 1e6,
        "loop_lag_ms": generator.loop_lag * 1000,
        "receive_buffer": generator.receive_buffer_granted,
    }
    generator.close(patience=0.0)
    print(json.dumps(result))
    return 0


def _processor_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    sys.exit(main())
