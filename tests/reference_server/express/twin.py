"""Two trunks that are told the same, one with the express lane and one without, and what both say to it.

A `Teller` plays the PBX of one call towards one trunk: it learns tags and nonces from that trunk's answers
and writes the next request with them. `same` puts names in the place of what is random, so that both trunks'
words can be compared byte for byte.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.sip.challenge import Challenge
from harness.sip.digest import respond
from harness.sip.hop import Hop, Packet
from reference_server.endpoints import MediaPorts
from reference_server.parts import Blueprint
from reference_server.settings import ProfileSettings
from reference_server.store.store import Store
from reference_server.trunk import Trunk
from tests.reference_server.trunk_play import MAIN, OTHERS, PASSWORD, TRUNK, USERNAME, make_dialect

PBX = Hop("udp", "10.0.0.2", 5071)
NUMBER = "+442079460000"
DIALECT = make_dialect(session_timer={"expires": 100}, media={"rtp_timeout": 30})
"""With a session timer and a patience that tests can wait for."""
SDP = (
    b"v=0\r\no=pbx 1 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\n"
    b"m=audio 6000 RTP/AVP 8 0\r\na=rtpmap:8 PCMA/8000\r\n"
)
ORDER = (
    "Via",
    "From",
    "To",
    "Call-ID",
    "CSeq",
    "Contact",
    "Proxy-Authorization",
    "Max-Forwards",
    "Content-Type",
)
_NONCE = re.compile(rb'nonce="([0-9a-f]+)"')
_TAG = re.compile(rb"\r\nTo: [^\r\n]*;tag=([^;\r\n]+)")
_OURS = re.compile(rb"branch=z9hG4bK[0-9a-f]{16}")
_NUMBERS = re.compile(rb"(Content-Length|Retry-After): \d+")
"""The length goes with the numbers in the body; when to try again is random."""
_VIA = re.compile(rb"\r\nVia: [^\r\n]*")
_SESSION = re.compile(rb"o=- (\d+) ")


class Side:
    """One trunk with its clock and all that it sent."""

    def __init__(self, *, express: bool, dialect: dict[str, Any] | None = None, **main: Any) -> None:
        self.store = Store("sqlite://")
        self.store.replace_profiles(
            [ProfileSettings.model_validate(one) for one in ({**MAIN, **main}, *OTHERS)]
        )
        ports = iter(range(20_000, 60_000, 2))
        self.now = 1000.0
        self.trunk = Trunk(
            Blueprint(DIALECT if dialect is None else make_dialect(**dialect)),
            self.store,
            MediaPorts(lambda host: Hop("udp", host, next(ports))),
            random.Random(5),
            self.now,
            express=express,
        )
        self.trunk.listen_at([TRUNK])
        self.sent: list[tuple[float, Hop, bytes]] = []
        self.rtp = 0

    def receive(self, data: bytes, source: Hop = PBX) -> list[bytes]:
        """Hands in a datagram; returns the SIP that comes back at once."""
        self.trunk.receive(Packet(data, source, TRUNK), self.now)
        return self.collect()

    def collect(self) -> list[bytes]:
        """Takes what the trunk sends now."""
        found: list[bytes] = []
        for packet in self.trunk.packets_to_send():
            if packet.source == TRUNK:
                self.sent.append((round(self.now, 6), packet.destination, packet.data))
                found.append(packet.data)
            else:
                self.rtp += 1
        return found

    def wait(self, seconds: float) -> None:
        """Lets time pass, timer by timer."""
        until = self.now + seconds
        while True:
            at = self.trunk.next_timer()
            if at is None or at > until:
                break
            self.now = max(self.now, at)
            self.trunk.handle_timers(self.now)
            self.collect()
        self.now = until

    def in_lane(self) -> int:
        """How many calls are carried by the express lane."""
        return sum(live.lean is not None for live in self.trunk.parts.calls.live())

    def books(self) -> dict[str, object]:
        """What is counted and recorded."""
        parts = self.trunk.parts
        return {
            "records": [row._replace(call_id="", key="") for row in self.store.records()],
            "outcomes": dict(parts.calls.outcomes),
            "refused": dict(parts.dispatch.refused),
            "responses": dict(self.trunk.responses),
            "live": [(live.state, live.number, live.caller, live.remarks) for live in parts.calls.live()],
            "shown": [(live.state, live.status, live.cause, live.heard) for live in parts.calls.shown()],
            "used": parts.channels.used(parts.profiles.all()[0]),
        }


@dataclass
class Shape:
    """How the PBX writes its requests."""

    order: Sequence[str] = ORDER
    more: Sequence[tuple[str, str]] = ()
    via: str = "SIP/2.0/UDP 10.0.0.2:5071;branch={branch};rport"
    display: str = ""
    number: str = NUMBER
    body: bytes = SDP
    source: Hop = PBX


@dataclass
class Teller:
    """The PBX's end of one call with one trunk."""

    side: Side
    shape: Shape = field(default_factory=Shape)
    name: str = "a"
    cseq: int = 0
    branch: str = ""
    to_tag: str = ""
    nonce: str = ""
    last: dict[str, bytes] = field(default_factory=dict)

    def say(self, method: str, **options: Any) -> list[bytes]:
        """Sends a request of this call; the answers at once."""
        data = self.request(method, **options)
        self.last[method] = data
        return self.hear(self.side.receive(data, self.shape.source))

    def again(self, method: str) -> list[bytes]:
        """Sends the last request of a method once more."""
        data = self.last.get(method)
        return [] if data is None else self.hear(self.side.receive(data, self.shape.source))

    def hear(self, answers: list[bytes]) -> list[bytes]:
        """Learns tags and nonces."""
        for answer in answers:
            tag, nonce = _TAG.search(answer), _NONCE.search(answer)
            if tag is not None and answer.startswith(b"SIP/2.0 "):
                self.to_tag = tag[1].decode()
            if nonce is not None:
                self.nonce = nonce[1].decode()
        return answers

    def request(
        self,
        method: str,
        *,
        password: str | None = None,
        in_dialog: bool | None = None,
        new: bool = True,
        body: bytes | None = None,
        nc: int = 1,
    ) -> bytes:
        """A request; `new` False: in the INVITE's own transaction (CANCEL, the ACK to a failure)."""
        shape = self.shape
        inside = method not in ("INVITE", "CANCEL") if in_dialog is None else in_dialog
        if new:
            self.cseq += method not in ("ACK", "CANCEL")
            self.branch = f"z9hG4bK-{self.name}-{self.cseq}-{method}"
        uri = f"sip:{shape.number}@sip.skype.com"
        display = f'"{shape.display}" ' if shape.display else ""
        if body is None:
            body = shape.body if method == "INVITE" else b""
        values = {
            "Via": shape.via.format(branch=self.branch),
            "From": f"{display}<sip:{USERNAME}@sip.skype.com>;tag=from-{self.name}",
            "To": f"<{uri}>" + (f";tag={self.to_tag}" if inside and self.to_tag else ""),
            "Call-ID": f"call-{self.name}@10.0.0.2",
            "CSeq": f"{self.cseq} {method}",
            "Contact": f"<sip:{USERNAME}@10.0.0.2:5071>",
            "Max-Forwards": "70",
        }
        if body:
            values["Content-Type"] = "application/sdp"
        if password is not None and self.nonce:
            challenge = Challenge("sip.skype.com", self.nonce)
            values["Proxy-Authorization"] = str(
                respond(
                    challenge, username=USERNAME, password=password, method=method, uri=uri, cnonce="c", nc=nc
                )
            )
        lines = [f"{method} {uri} SIP/2.0"]
        lines += [f"{name}: {values[name]}" for name in shape.order if name in values]
        lines += [f"{name}: {value}" for name, value in shape.more]
        lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def same(sent: Sequence[tuple[float, Hop, bytes]]) -> list[tuple[float, Hop, bytes]]:
    """What was sent, with names for what is random, in the order in which it first appears.

    What different transactions send at the same moment has no order.
    """
    names: dict[bytes, bytes] = {}

    def named(data: bytes) -> bytes:
        for pattern, kind in ((_TAG, b"tag"), (_NONCE, b"nonce"), (_SESSION, b"session")):
            found = pattern.search(data)
            if found is not None:
                names.setdefault(found[1], b"%b-%d" % (kind, len(names)))
        for text, name in names.items():
            data = data.replace(text, name)
        return _NUMBERS.sub(rb"\1: n", _OURS.sub(b"branch=ours", data))

    def transaction(one: tuple[float, Hop, bytes]) -> tuple[float, bytes]:
        via = _VIA.search(_OURS.sub(b"", one[2]))
        return one[0], via[0] if via is not None else b""

    return [(at, where, named(data)) for at, where, data in sorted(sent, key=transaction)]


def established(side: Side, shape: Shape | None = None, name: str = "a", *, ack: bool = True) -> Teller:
    """A call that was challenged, answered and (with `ack`) acknowledged."""
    teller = Teller(side, shape or Shape(), name)
    teller.say("INVITE")
    teller.say("ACK", new=False)
    teller.to_tag = ""
    teller.say("INVITE", password=PASSWORD)
    if ack:
        teller.say("ACK")
    return teller
