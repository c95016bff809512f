"""An engine on a wire without a network: time jumps, packets get lost, the far end is a small trunk."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from harness.load.engine.engine import Engine
from harness.load.engine.line import Line
from harness.load.figures.attempt import Attempt
from harness.sip.challenge import Challenge
from harness.sip.hop import Hop, Packet
from harness.sip.message import Request, Response, parse_message
from harness.sip.timers import TimerQueue
from harness.sip.transaction_events import AckReceived, CancelReceived, RequestReceived
from harness.sip.transaction_layer import TransactionLayer

HERE, THERE = Hop("udp", "192.0.2.1", 40000), Hop("udp", "192.0.2.9", 5060)
ELSEWHERE = Hop("udp", "192.0.2.77", 5070)
SDP = (
    b"v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
    b"m=audio 7000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
)
CONTACT = ("Contact", f"<sip:far@{THERE.host}:{THERE.port}>")


@dataclass(frozen=True)
class Account:
    """A profile, as far as a line looks."""

    sip_username: str = "99051000000231"
    password: str = "secret"


class Wire:
    """The engine, its line, and all that it sent."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.unread = 0.0
        """Seconds that packets lie in our socket before we look."""
        self.sent: list[tuple[float, Request | Response, Hop]] = []
        self.attempts: list[Attempt] = []
        self.receiver: Callable[[bytes, Hop], None] = lambda data, hop: None
        self.engine = Engine(
            local=HERE,
            target=THERE,
            domain="sip.example",
            send=lambda data: self._take(data, THERE),
            send_to=self._take,
            clock=lambda: self.now,
            rng=random.Random(1),
        )
        self.engine.on_attempt.append(self.attempts.append)
        self.line: Line = self.engine.line(Account())

    def _take(self, data: bytes, hop: Hop) -> None:
        message = parse_message(data)
        assert message.defects == (), f"{message.defects} in {data!r}"
        self.sent.append((self.now, message, hop))
        self.receiver(data, hop)

    def take(self) -> list[Request]:
        """The requests sent since this was last asked."""
        found = [message for _, message, _ in self.sent if isinstance(message, Request)]
        self.sent.clear()
        return found

    def answers(self) -> list[Response]:
        """The responses sent since this was last asked."""
        found = [message for _, message, _ in self.sent if isinstance(message, Response)]
        self.sent.clear()
        return found

    def receive(self, data: bytes, source: Hop = THERE) -> None:
        """A packet arrives."""
        self.engine.turn(self.now)
        self.engine.receive(data, source, self.now - self.unread)

    def respond(
        self,
        request: Request,
        status: int,
        *,
        tag: str = "far",
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> None:
        """The far end answers."""
        response = request.response(status, to_tag=tag, headers=headers, body=body)
        self.receive(bytes(response))

    def challenge(
        self, request: Request, nonce: str = "n1", *, stale: bool = False, status: int = 407
    ) -> None:
        """The far end wants credentials."""
        challenge = Challenge("sip.example", nonce, stale=stale, proxy=status == 407)
        self.respond(request, status, headers=[(challenge.header_name, str(challenge))])

    def accept(self, request: Request, *, tag: str = "far", contact: tuple[str, str] = CONTACT) -> None:
        """The far end answers with 200 and a session description."""
        headers = [contact, ("Content-Type", "application/sdp")]
        self.respond(request, 200, tag=tag, headers=headers, body=SDP)

    def pass_time(self, seconds: float) -> None:
        """Everything that is due within so many seconds happens, each at its time."""
        until = self.now + seconds
        while (at := self.engine.next_timer()) is not None and at <= until:
            self.now = max(self.now, at)
            self.engine.handle_timers(self.now)
        self.now = until
        self.engine.handle_timers(self.now)


class SmallTrunk:
    """Answers calls on the other end of a wire, with the transactions of `harness.sip` and their timers.

    Challenges each INVITE, rings, answers, repeats its 200 until the ACK, and answers BYE.
    """

    def __init__(self, wire: Wire, *, lose_to: int = -1, lose_from: int = -1) -> None:
        """Loses the packet with that number, from 0, on its way to or from the trunk."""
        self.wire = wire
        self.layer = TransactionLayer(random.Random(2))
        self.timers: TimerQueue[Callable[[], None]] = TimerQueue()
        self.acked: set[str] = set()
        self.byes = 0
        self._lost = [lose_to, lose_from]
        self._passed = [0, 0]
        self._waiting: list[bytes] = []
        wire.receiver = lambda data, hop: self._waiting.append(data)

    def run(self, seconds: float) -> None:
        """Both ends live through so many seconds."""
        until = self.wire.now + seconds
        while True:
            self._exchange()
            times = [self.wire.engine.next_timer(), self.layer.next_timer(), self.timers.next_timer()]
            at = min((time for time in times if time is not None), default=until)
            if at > until:
                break
            self.wire.now = max(at, self.wire.now)
            self.wire.engine.handle_timers(self.wire.now)
            self.layer.handle_timers(self.wire.now)
            for action in self.timers.due(self.wire.now):
                action()
            if at == until:
                self._exchange()
                break
        self.wire.now = until

    def _exchange(self) -> None:
        while self._waiting or self._pass_back():
            waiting, self._waiting = self._waiting, []
            for data in waiting:
                if self._survives(0):
                    self.layer.receive(Packet(data, HERE, THERE), self.wire.now)
                    self._act()

    def _pass_back(self) -> bool:
        packets = self.layer.packets_to_send()
        for packet in packets:
            if self._survives(1):
                self.wire.receive(packet.data)
        return bool(packets)

    def _survives(self, way: int) -> bool:
        self._passed[way] += 1
        return self._passed[way] - 1 != self._lost[way]

    def _act(self) -> None:
        for event in self.layer.events_received():
            match event:
                case RequestReceived(transaction=transaction, request=request):
                    if request.method == "BYE":
                        self.byes += 1
                        self._send(transaction, request.response(200))
                    elif "Proxy-Authorization" not in request.headers:
                        challenge = Challenge("sip.example", "n1", proxy=True)
                        headers = [("Proxy-Authenticate", str(challenge))]
                        self._send(transaction, request.response(407, to_tag="refusing", headers=headers))
                    else:
                        self._send(transaction, request.response(180, to_tag="far", headers=[CONTACT]))
                        headers = [CONTACT, ("Content-Type", "application/sdp")]
                        answer = request.response(200, to_tag="far", headers=headers, body=SDP)
                        self._repeat(transaction, answer, 0.5)
                case AckReceived(request=request):
                    self.acked.add(request.call_id)
                case CancelReceived(transaction=transaction):
                    self._send(transaction, transaction.request.response(487, to_tag="far"))

    def _repeat(self, transaction: object, answer: Response, interval: float) -> None:
        if answer.call_id in self.acked:
            return
        self._send(transaction, answer)
        at = self.wire.now + interval
        self.timers.schedule(at, lambda: self._repeat(transaction, answer, min(4.0, 2 * interval)))

    def _send(self, transaction: object, response: Response) -> None:
        self.layer.send_response(transaction, response, self.wire.now)  # type: ignore[arg-type]
