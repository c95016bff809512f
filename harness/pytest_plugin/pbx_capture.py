"""trace.pcap of a certification: every packet once, numbered through the run and what it goes on from.

A finding's packet number is the frame's number there. A run that ended in order has left the capture of its
part; of one that was killed the slices of its scenarios are left.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from harness.capture.pcap import CaptureError, read_pcap
from harness.capture.trace import Trace, TracedPacket
from harness.results import ScenarioResult
from harness.sip.hop import Packet

CAPTURE = "trace.pcap"


class RunCapture:
    """What has passed in this part of the run."""

    def __init__(self, last_packet: int) -> None:
        """`last_packet` is the number of the last one of the part before."""
        self.packets: list[TracedPacket] = []
        """Each packet once, as they were taken."""
        self._number = last_packet
        self._numbers: dict[tuple[float, Packet, int], int] = {}

    def take(self, packets: Iterable[TracedPacket]) -> Trace:
        """The packets of one scenario, numbered; one that an earlier scenario had keeps its number."""
        numbered = []
        copies: Counter[tuple[float, Packet]] = Counter()
        for each in packets:
            copies[each.time, each.packet] += 1  # a network that doubles packets does so at once
            key = (each.time, each.packet, copies[each.time, each.packet])
            number = self._numbers.get(key)
            if number is None:
                self._number = number = self._number + 1
                self._numbers[key] = number
                self.packets.append(TracedPacket(number, each.time, each.packet, each.kind))
            numbered.append(TracedPacket(number, each.time, each.packet, each.kind))
        return Trace(numbered)


def earlier_packets(out: Path, results: Iterable[ScenarioResult]) -> list[TracedPacket]:
    """What the parts before have left in the folder; a file that can't be read is passed over."""
    whole = _read(out / CAPTURE)
    if whole:
        return whole
    found: dict[tuple[float, Packet], TracedPacket] = {}
    for each in results:
        for packet in _read(out / each.pcap) if each.pcap is not None else []:
            found.setdefault((packet.time, packet.packet), packet)
    in_order = sorted(found.values(), key=lambda each: each.time)
    return [TracedPacket(number, *each[1:]) for number, each in enumerate(in_order, 1)]


def _read(path: Path) -> list[TracedPacket]:
    try:
        return read_pcap(path).packets if path.exists() else []
    except CaptureError:
        return []
