"""A stage for transaction tests: one layer, a clock that jumps, and messages in few words.

Times in plays are seconds since the play began.
"""

import random

from harness.sip.hop import Hop, Packet
from harness.sip.message import Request, Response, parse_message
from harness.sip.timers import TimerSettings
from harness.sip.transaction_events import TransactionEvent
from harness.sip.transaction_layer import TransactionLayer

OURS = Hop("udp", "192.0.2.1", 5060)
THEIRS = Hop("udp", "192.0.2.2", 5070)

BRANCH = "z9hG4bKpeer1"


def over(transport: str, hop: Hop) -> Hop:
    """The same hop with another transport."""
    return hop._replace(transport=transport)


def request(
    method: str, *headers: tuple[str, str], cseq: int = 1, to_tag: str = "", via: str | None = None
) -> Request:
    """A request; without ``via`` it has none, as before it is sent."""
    fields = [] if via is None else [("Via", via)]
    tag = f";tag={to_tag}" if to_tag else ""
    fields += [
        ("From", "<sip:alice@example.com>;tag=a1"),
        ("To", f"<sip:bob@example.com>{tag}"),
        ("Call-ID", "call-1@example.com"),
        ("CSeq", f"{cseq} {method}"),
        ("Max-Forwards", "70"),
        *headers,
    ]
    return Request.build(method, "sip:bob@example.com", fields)


def peer_via(transport: str = "udp", branch: str = BRANCH, extra: str = "") -> str:
    """The Via of a request that THEIRS sends."""
    return f"SIP/2.0/{transport.upper()} {THEIRS.host}:{THEIRS.port};branch={branch}{extra}"


class Play:
    """One transaction layer on the stage."""

    def __init__(self, transport: str = "udp", *, automatic_trying: bool = False) -> None:
        self.ours = over(transport, OURS)
        self.theirs = over(transport, THEIRS)
        self.now = 0.0
        self.layer = TransactionLayer(random.Random(1), TimerSettings(), automatic_trying=automatic_trying)

    def receive(self, message: Request | Response | bytes) -> None:
        """The peer's message arrives now."""
        self.layer.receive(Packet(bytes(message), self.theirs, self.ours), self.now)

    def receive_request(self, method: str, *headers: tuple[str, str], **kw: object) -> None:
        """The peer's request arrives now."""
        via = str(kw.get("via") or peer_via(self.theirs.transport))
        self.receive(
            request(
                method, *headers, via=via, cseq=int(str(kw.get("cseq", 1))), to_tag=str(kw.get("to_tag", ""))
            )
        )

    def sent(self) -> list[str]:
        """What has been sent since the last look: methods and statuses."""
        return [word_for(packet) for packet in self.layer.packets_to_send()]

    def sent_messages(self) -> list[Request | Response]:
        """The messages that have been sent since the last look."""
        return [parse_message(packet.data) for packet in self.layer.packets_to_send()]

    def events(self) -> list[TransactionEvent]:
        """What has happened since the last look."""
        return self.layer.events_received()

    def event_names(self) -> list[str]:
        """The kinds of what has happened since the last look."""
        return [type(event).__name__ for event in self.events()]

    def run_until(self, end: float) -> list[tuple[float, str]]:
        """Let time pass; return what was sent, and when."""
        sent = []
        while True:
            at = self.layer.next_timer()
            if at is None or at > end:
                break
            self.now = max(self.now, at)
            self.layer.handle_timers(self.now)
            sent += [(round(self.now, 6), word) for word in self.sent()]
        self.now = end
        return sent


def word_for(packet: Packet) -> str:
    """The method or the status of a packet."""
    message = parse_message(packet.data)
    return message.method if isinstance(message, Request) else str(message.status)
