"""A PBX that writes its messages by hand: bytes into the trunk's core and what comes back, in virtual time.

Where `trunk_play`'s phones say what a phone would say, this peer says anything. Unless told otherwise it is
the profile in ip mode, so that nothing is challenged.
"""

from typing import Any

from harness.sip.hop import Hop, Packet
from harness.sip.message import Request, Response, parse_message
from reference_server.inbound import Order
from tests.reference_server.trunk_play import IP_SOURCE, TRUNK, play

IP_USERNAME = "99051000000233"
PEER = Hop("udp", *IP_SOURCE)
CONTACT = "<sip:pbx@10.0.0.77:5070>"
SDP = "\r\n".join(
    (
        "v=0",
        "o=- 1 1 IN IP4 10.0.0.77",
        "s=-",
        "c=IN IP4 10.0.0.77",
        "t=0 0",
        "m=audio 4000 RTP/AVP 8 0 101",
        "a=rtpmap:101 telephone-event/8000",
        "",
    )
)


def uri_of(number: str) -> str:
    return f"sip:{number}@sip.skype.com"


class RawPeer:
    """The peer, its trunk and their clock."""

    def __init__(self, local: Hop = PEER, username: str = IP_USERNAME, **options: Any) -> None:
        """`options` are those of `trunk_play.play`."""
        self.local = local
        self.username = username
        self.play = play(**options)
        self.trunk = self.play.trunk
        self.now = self.play.network.now()
        self.packets: list[Packet] = []
        """SIP packets that the trunk sent, all of them."""
        self._branches = 0

    def give(self, data: bytes, source: Hop | None = None) -> list[Request | Response]:
        """Hands a packet to the trunk and returns what it sends at once."""
        self.trunk.receive(Packet(data, source or self.local, TRUNK), self.now)
        return self._sent()

    def ask(self, method: str, uri: str, **parts: Any) -> Response:
        """Sends a request made by `request` and returns the last response that comes at once."""
        sent = self.give(self.request(method, uri, **parts))
        responses = [message for message in sent if isinstance(message, Response)]
        assert responses, f"no answer to {method}"
        return responses[-1]

    def run(self, seconds: float) -> list[tuple[float, Request | Response]]:
        """Lets time pass; what the trunk sent, and after how many seconds."""
        start, sent = self.now, [(0.0, message) for message in self._sent()]
        while (at := self.trunk.next_timer()) is not None and at <= start + seconds:
            self.now = max(self.now, at)
            self.trunk.handle_timers(self.now)
            sent += [(round(self.now - start, 3), message) for message in self._sent()]
        self.now = start + seconds
        return sent

    def request(
        self,
        method: str,
        uri: str,
        *,
        cseq: int | str = 1,
        to_tag: str = "",
        call_id: str = "call-1",
        from_tag: str = "from-1",
        branch: str | None = None,
        contact: str | None = CONTACT,
        headers: tuple[str, ...] = (),
        body: str = "",
        content_type: str = "application/sdp",
    ) -> bytes:
        """A request as bytes; `headers` are whole lines. REGISTER is for the peer's own address of record."""
        if branch is None:
            self._branches += 1
            branch = f"z9hG4bK{self._branches}"
        to = f"sip:{self.username}@sip.skype.com" if method == "REGISTER" else uri
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.local.host}:{self.local.port};branch={branch};rport",
            "Max-Forwards: 70",
            f"From: <sip:{self.username}@sip.skype.com>;tag={from_tag}",
            f"To: <{to}>{f';tag={to_tag}' if to_tag else ''}",
            f"Call-ID: {call_id}",
            f"CSeq: {cseq} {method}",
            *([f"Contact: {contact}"] if contact else []),
            *headers,
            *([f"Content-Type: {content_type}"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        return "\r\n".join([*lines, "", body]).encode()

    def call(self, number: str, **parts: Any) -> str:
        """Sends an INVITE and returns the To-tag of its last answer."""
        return self.ask("INVITE", uri_of(number), **{"body": SDP, **parts}).to.tag or ""

    def acknowledge(self, number: str, tag: str, **parts: Any) -> None:
        """Sends the ACK to a 2xx."""
        self.give(self.request("ACK", uri_of(number), to_tag=tag, **parts))

    def be_called(self, **registered: Any) -> Request:
        """Registers, has the trunk place a call and returns its INVITE."""
        parts = {"call_id": "registration", **registered}
        assert self.ask("REGISTER", "sip:sip.skype.com", **parts).status == 200
        self.trunk.place_call(Order(profile=IP_USERNAME), self.now)
        (invite,) = self._sent()
        assert isinstance(invite, Request)
        return invite

    @property
    def channels_used(self) -> int:
        return self.play.channels_used(IP_USERNAME)

    @property
    def calls(self) -> int:
        return self.trunk.parts.calls.count

    def is_alive(self) -> bool:
        """Whether an OPTIONS is answered with 200."""
        return self.ask("OPTIONS", "sip:sip.skype.com", call_id=f"alive-{self._branches}").status == 200

    def _sent(self) -> list[Request | Response]:
        packets = [packet for packet in self.trunk.packets_to_send() if packet.source == TRUNK]
        self.packets += packets
        return [parse_message(packet.data) for packet in packets]
