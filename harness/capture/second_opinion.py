"""What tshark, an independent dissector, reads in a capture file; and where our own reading differs.

pyshark runs an event loop of its own and is slow, so it runs in a process of its own (``python -m
harness.capture.second_opinion FILE [--port N]...``, JSON on standard output) and never takes part in a
verdict. It needs the program tshark and the package pyshark; both are for tests and for the doubtful.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.sip.errors import ParseError
from harness.sip.message import Request, parse_message

_FILTER = "sip or _ws.malformed"


class SecondOpinionFailed(Exception):
    """tshark or pyshark could not dissect the file; has the `path` and the `reason`."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path}: no second opinion: {self.reason}"


@dataclass(frozen=True, slots=True)
class Reading:
    """What somebody reads in one SIP message."""

    method: str | None
    """Method of a request; None for a response."""
    status: int | None
    """Status of a response; None for a request."""
    call_id: str | None
    """Call-ID."""
    cseq: str | None
    """CSeq with one space between number and method."""


@dataclass(frozen=True, slots=True)
class DissectedFrame:
    """One frame as tshark sees it."""

    number: int
    """Frame number in the file, from 1."""
    readings: tuple[Reading, ...]
    """The SIP messages that the frame completes."""
    malformed: bool
    """Whether tshark found anything malformed in it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A place where the two readings part, or where tshark calls a frame malformed."""

    frame: int | None
    """Frame number in the file; None when only we see the message."""
    what: str
    """The difference in one sentence."""


def second_opinion(path: Path, ports: Iterable[int] = (), timeout: float = 120.0) -> list[DissectedFrame]:
    """Every frame of the file at `path` with SIP or a defect in it, as tshark reads it.

    `ports` are further ports that carry SIP; 5060 is known. `timeout` is in seconds.
    Raises SecondOpinionFailed.
    """
    command = [sys.executable, "-m", __name__, str(path)]
    command += [part for port in sorted(set(ports)) for part in ("--port", str(port))]
    try:
        finished = subprocess.run(command, capture_output=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired as error:
        raise SecondOpinionFailed(path, f"not done after {timeout:g} s") from error
    if finished.returncode != 0:
        reason = finished.stderr.decode("utf-8", "replace").strip().splitlines()
        raise SecondOpinionFailed(path, reason[-1] if reason else f"exit status {finished.returncode}")
    return [_frame_from_json(frame) for frame in json.loads(finished.stdout)]


def own_readings(messages: Iterable[bytes]) -> list[Reading]:
    """How `harness.sip.message` reads `messages`; one it refuses is left out."""
    found = []
    for data in messages:
        try:
            message = parse_message(data)
            cseq = message.headers.get("CSeq")
            found.append(
                Reading(
                    method=message.method if isinstance(message, Request) else None,
                    status=None if isinstance(message, Request) else message.status,
                    call_id=message.headers.get("Call-ID"),
                    cseq=None if cseq is None else " ".join(cseq.split()),
                )
            )
        except ParseError:
            continue
    return found


def compare(dissected: Sequence[DissectedFrame], ours: Sequence[Reading]) -> list[Difference]:
    """Where tshark's reading and `ours`, both in the file's order, differ; empty when they agree."""
    differences = [
        Difference(frame.number, "tshark calls it malformed") for frame in dissected if frame.malformed
    ]
    theirs = [(frame.number, reading) for frame in dissected for reading in frame.readings]
    for (number, reading), own in zip(theirs, ours, strict=False):
        if reading != own:
            differences.append(Difference(number, f"tshark reads {reading}, we read {own}"))
    for number, reading in theirs[len(ours) :]:
        differences.append(Difference(number, f"only tshark reads {reading}"))
    for own in ours[len(theirs) :]:
        differences.append(Difference(None, f"only we read {own}"))
    return differences


def _frame_from_json(frame: dict[str, Any]) -> DissectedFrame:
    readings = tuple(Reading(**reading) for reading in frame["readings"])
    return DissectedFrame(frame["number"], readings, frame["malformed"])


def _dissect(path: Path, ports: Sequence[int]) -> list[DissectedFrame]:
    import pyshark  # slow to import and not needed by whoever only compares

    decode_as = {f"{transport}.port=={port}": "sip" for port in ports for transport in ("udp", "tcp")}
    capture = pyshark.FileCapture(
        str(path), display_filter=_FILTER, decode_as=decode_as, keep_packets=False, use_json=False
    )
    try:
        return [_dissected(packet) for packet in capture]
    finally:
        capture.close()


def _dissected(packet: Any) -> DissectedFrame:
    layers = [layer for layer in packet.layers if layer.layer_name == "sip"]
    malformed = any("malformed" in layer.layer_name for layer in packet.layers)
    return DissectedFrame(int(packet.number), tuple(_reading(layer) for layer in layers), malformed)


def _reading(layer: Any) -> Reading:
    number, method = layer.get_field_value("cseq_seq"), layer.get_field_value("cseq_method")
    status = layer.get_field_value("status_code")
    return Reading(
        method=_text(layer.get_field_value("method")),
        status=None if status is None else int(str(status)),
        call_id=_text(layer.get_field_value("call_id")),
        cseq=None if number is None else f"{number} {method}",
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def main(arguments: Sequence[str] | None = None) -> int:
    """Dissect the file named on the command line and print what tshark reads, as JSON."""
    parser = argparse.ArgumentParser(prog="python -m harness.capture.second_opinion", description=__doc__)
    parser.add_argument("file", type=Path, help="a pcap or pcapng file")
    parser.add_argument("--port", type=int, action="append", default=[], help="a port that carries SIP")
    chosen = parser.parse_args(arguments)
    if not chosen.file.is_file():
        print(f"{chosen.file}: no such file", file=sys.stderr)
        return 2
    print(json.dumps([asdict(frame) for frame in _dissect(chosen.file, chosen.port)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
