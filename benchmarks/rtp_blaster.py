"""A process that holds calls and sends G.711 in all of them, and counts what comes back.

Run by `echo`, which reads the server's processor time meanwhile: so the work of sending is never counted.
Speaks with its starter in lines: prints ``{"calls": N}`` once all stand; sends for each line ``go`` and
prints what it counted; ends the calls when the lines end.
Usage: ``python -m benchmarks.rtp_blaster PORT NUMBER --calls N --seconds S``.
"""

import argparse
import json
import resource
import select
import socket
import struct
import sys
import time

from benchmarks.plain_calls import PlainCalls
from benchmarks.processes import FIRST_USERNAME, BenchmarkError

HEADER = struct.Struct("!BBHII")
"""RFC 3550 section 5.1: flags, payload type, sequence, timestamp, SSRC."""
STEPS = 20
"""Calls are shared out over the milliseconds of a packet's 20, as independent callers would be."""
PTIME = 0.020
"""Seconds of sound in a packet."""
SAMPLES = 160
LAST_WAIT = 0.5
"""Seconds in which the last echoes may come."""


class Blaster:
    """The audio of all calls: one socket each."""

    def __init__(self, calls: PlainCalls, number: str, count: int) -> None:
        self._poll = select.epoll()
        self._sockets: list[socket.socket] = []
        self._by_descriptor: dict[int, socket.socket] = {}
        self._targets: list[tuple[str, int]] = []
        self.sent = self.received = 0
        for _ in range(count):
            media = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            media.setblocking(False)
            media.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024 * 1024)
            media.bind(("127.0.0.1", 0))
            self._sockets.append(media)
            self._by_descriptor[media.fileno()] = media
            self._poll.register(media.fileno(), select.EPOLLIN)
            call = calls.call(FIRST_USERNAME, number, media_port=media.getsockname()[1])
            self._targets.append(call.media)

    def run(self, seconds: float) -> None:
        """Sends 50 packets a second in each call."""
        start = time.monotonic()
        ticks = round(seconds / PTIME)
        sound = bytes(range(SAMPLES))
        for tick in range(ticks):
            for step in range(STEPS):
                self._receive_until(start + tick * PTIME + step * PTIME / STEPS)
                for index in range(step, len(self._sockets), STEPS):
                    head = HEADER.pack(0x80, 0, tick & 0xFFFF, tick * SAMPLES, index)
                    self._sockets[index].sendto(head + sound, self._targets[index])
                    self.sent += 1
        until = time.monotonic() + LAST_WAIT
        while self.received < self.sent and time.monotonic() < until:
            self._receive_until(time.monotonic() + 0.01)

    def _receive_until(self, at: float) -> None:
        while True:
            left = at - time.monotonic()
            for descriptor, _ in self._poll.poll(max(0.0, left)):
                if len(self._by_descriptor[descriptor].recv(2048)) == SAMPLES + HEADER.size:
                    self.received += 1
            if left <= 0:
                return


def main(arguments: list[str] | None = None) -> int:
    """Holds the calls, sends when told to, tells what came back."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("number")
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args(arguments)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    calls = PlainCalls(options.port)
    try:
        blaster = Blaster(calls, options.number, options.calls)
        print(json.dumps({"calls": options.calls}), flush=True)
        while sys.stdin.readline() == "go\n":
            blaster.sent = blaster.received = 0
            blaster.run(options.seconds)
            print(json.dumps({"sent": blaster.sent, "received": blaster.received}), flush=True)
        calls.end_all()
    except BenchmarkError as error:
        print(json.dumps({"error": str(error)}), flush=True)
        return 3
    finally:
        calls.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
