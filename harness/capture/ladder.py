"""A slice of a trace as the steps of a ladder diagram: who sent what to whom.

Messages keep their order; RTP between two messages is folded into one step for each direction and payload
type, since a thousand arrows tell less than one with a number on it. Drawing is the work of `reports`.
"""

from collections.abc import Collection, Iterable, Mapping

from harness.capture.sip_glance import media_addresses, payload_names, start_line_of
from harness.capture.trace import TracedPacket
from harness.results import LadderStep
from harness.sip.hop import Hop, Packet

TEXT_LIMIT = 8000  # characters of a message that a step keeps; enough for all but the absurd

_STATIC_PAYLOADS = {0: "PCMU", 3: "GSM", 8: "PCMA", 9: "G722", 13: "CN", 18: "G729"}
"""RFC 3551 section 6."""


def ladder_steps(
    packets: Iterable[TracedPacket],
    names: Mapping[str, str] | None = None,
    *,
    others: str | None = None,
    marked: Collection[int] = (),
    text_limit: int = TEXT_LIMIT,
) -> list[LadderStep]:
    """The steps of `packets`.

    `names` gives lifelines their names, by ``host:port`` or by ``host``; hops it does not name are called
    `others`, or by their address. Media ports belong to whoever announced them in a session description.
    `marked` holds numbers of packets that decided a verdict. What is neither SIP nor RTP is left out.
    """
    drawing = _Drawing(dict(names or {}), others, frozenset(marked), text_limit)
    for traced in packets:
        drawing.add(traced)
    return drawing.steps


def step_label(data: bytes) -> str:
    """What stands on a message's arrow: method and Request-URI, or status and reason phrase."""
    if not data.strip(b"\r\n\0"):
        return "keep-alive"  # RFC 5626 section 3.5.1, and what phones send to hold a NAT open
    line = start_line_of(data)
    if line.startswith("SIP/"):
        return line.partition(" ")[2].strip() or line
    return line.rpartition(" SIP/")[0].strip() or line


class _Drawing:
    def __init__(self, names: dict[str, str], others: str | None, marked: frozenset[int], limit: int) -> None:
        self.steps: list[LadderStep] = []
        self._names, self._others = names, others
        self._marked, self._limit = marked, limit
        self._payloads = dict(_STATIC_PAYLOADS)
        self._runs: dict[tuple[str, str, str], int] = {}
        self._seen: set[Packet] = set()

    def add(self, traced: TracedPacket) -> None:
        if traced.kind == "sip":
            self._runs.clear()
            self._learn(traced.packet)
            self._add_message(traced)
        elif traced.kind == "rtp":
            self._add_media(traced)

    def _learn(self, packet: Packet) -> None:
        """Give the media addresses in the body to whoever sent it."""
        name = self._name(packet.source)
        for host, port in media_addresses(packet.data):
            self._names.setdefault(f"{host}:{port}", name)
        self._payloads.update(payload_names(packet.data))

    def _name(self, hop: Hop) -> str:
        address = f"[{hop.host}]:{hop.port}" if ":" in hop.host else f"{hop.host}:{hop.port}"
        spellings = (address, f"{hop.host}:{hop.port}", hop.host)
        for spelling in spellings:
            if spelling in self._names:
                return self._names[spelling]
        return self._others or address

    def _add_message(self, traced: TracedPacket) -> None:
        packet = traced.packet
        again = " (again)" if packet in self._seen else ""
        self._seen.add(packet)
        text = packet.data.decode("utf-8", "backslashreplace").replace("\r\n", "\n")
        if len(text) > self._limit:
            text = f"{text[: self._limit]}\n[{len(text) - self._limit} more characters]"
        self.steps.append(self._step(traced, step_label(packet.data) + again, text))

    def _add_media(self, traced: TracedPacket) -> None:
        number = traced.packet.data[1] & 0x7F
        label = f"RTP {self._payloads.get(number, f'payload type {number}')}"
        source, destination = self._name(traced.packet.source), self._name(traced.packet.destination)
        place = self._runs.get((source, destination, label))
        if place is None:
            self._runs[source, destination, label] = len(self.steps)
            self.steps.append(self._step(traced, label, ""))
            return
        step = self.steps[place]
        marked = step.marked or traced.number in self._marked
        self.steps[place] = step.model_copy(update={"count": step.count + 1, "marked": marked})

    def _step(self, traced: TracedPacket, label: str, text: str) -> LadderStep:
        return LadderStep(
            packet=traced.number,
            time=traced.time,
            source=self._name(traced.packet.source),
            destination=self._name(traced.packet.destination),
            label=label,
            kind="sip" if traced.kind == "sip" else "rtp",
            text=text,
            marked=traced.number in self._marked,
        )
