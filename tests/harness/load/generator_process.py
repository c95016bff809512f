"""Drives a generator in a process of its own, so that gevent stays out of the tests' process.

Usage: ``python -m tests.harness.load.generator_process PORT SIP_USERNAME PASSWORD CALLS NUMBER
[audio] [unregistered]``; prints JSON: what became of each attempt, and what the generator says of itself.
"""

import json
import sys
from dataclasses import dataclass

import gevent

from harness.load.figures.attempt import Attempt
from harness.load.generator import Audio, FastCall, Generator
from harness.load.media.call_sound import CallSound
from harness.sip.hop import Hop

AT_ONCE = 10
"""As many as the profile has channels."""
ENOUGH = 15
"""Packets that a call with audio hears before it is hung up: not a time, which a busy machine may lose."""
PATIENCE = 200.0
"""Seconds for all calls."""
END_PATIENCE = 30.0
"""Seconds for the answers to the last requests."""


@dataclass(frozen=True, slots=True)
class Account:
    """The profile that calls."""

    sip_username: str
    password: str


def main(port: int, sip_username: str, password: str, calls: int, number: str, *words: str) -> None:
    """Registers, places the calls, and ends everything."""
    audio = "audio" in words
    ports = range(20000, 40000) if audio else None
    generator = Generator(
        Hop("udp", "127.0.0.1", port), domain="sip.skype.com", rtp_ports=ports, sample_every=10
    )
    attempts: list[Attempt] = []
    generator.on_attempt.append(attempts.append)
    line = generator.line(Account(sip_username, password))
    if "unregistered" not in words:
        line.register()
    started = 0
    up: list[FastCall] = []
    with gevent.Timeout(PATIENCE):
        while started < calls or up:
            while started < calls and len(up) < AT_ONCE:
                sound = Audio(started % 310) if audio else None
                up.append(line.call(number, hold=None if audio else 0.0, audio=sound))
                started += 1
            gevent.sleep(0.005)
            for call in filter(has_heard_enough, up):
                call.hang_up()
            up = [call for call in up if not call.over]
    left = generator.close(END_PATIENCE)
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


def has_heard_enough(call: FastCall) -> bool:
    return call.answered and isinstance(call.audio, CallSound) and call.audio.heard.received >= ENOUGH


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]), *sys.argv[5:])
