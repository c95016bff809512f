"""Drives a generator in a process of its own, so that gevent stays out of the tests' process.

Usage: ``python -m tests.harness.load.generator_process PORT SIP_USERNAME PASSWORD CALLS NUMBER [audio]``;
prints JSON: what became of each attempt, and what the generator says of itself.
"""

import json
import sys
from dataclasses import dataclass

import gevent

from harness.load.figures.attempt import Attempt
from harness.load.generator import Audio, Generator
from harness.sip.hop import Hop


@dataclass(frozen=True, slots=True)
class Account:
    """The profile that calls."""

    sip_username: str
    password: str


def main(port: int, sip_username: str, password: str, calls: int, number: str, audio: bool) -> None:
    """Registers, places the calls ten at a time, and ends everything."""
    ports = range(20000, 40000) if audio else None
    generator = Generator(
        Hop("udp", "127.0.0.1", port), domain="sip.skype.com", rtp_ports=ports, sample_every=10
    )
    attempts: list[Attempt] = []
    generator.on_attempt.append(attempts.append)
    line = generator.line(Account(sip_username, password))
    line.register()
    started, ended = 0, 0

    def done(_attempt: Attempt) -> None:
        nonlocal ended
        ended += 1

    with gevent.Timeout(60):
        while ended < calls:
            while started < calls and started - ended < 10:
                sound = Audio(started % 310) if audio else None
                line.call(number, hold=1.0 if audio else 0.0, audio=sound, done=done)
                started += 1
            gevent.sleep(0.005)
    left = generator.close()
    result = {
        "causes": [attempt.cause for attempt in attempts if attempt.kind == "call"],
        "kinds": sorted({attempt.kind for attempt in attempts}),
        "challenged": all(attempt.challenged for attempt in attempts),
        "heard": [attempt.media.received for attempt in attempts if attempt.media],
        "foreign": sum(attempt.media.foreign for attempt in attempts if attempt.media),
        "left": left,
        "stray": generator.stray,
        "findings": [f"{each.requirement}: {each.seen}" for each in generator.findings],
        "judged": generator.engine.sample.judged,
        "receive_buffer": generator.receive_buffer_granted,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5], sys.argv[6:] == ["audio"])
