"""Both ends joined through a pipe that loses, delays and repeats: what holds for every transaction."""

import random
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.sip.hop import Hop, Packet
from harness.sip.message import Response
from harness.sip.timers import TimerQueue
from harness.sip.transaction import ClientTransaction
from harness.sip.transaction_events import (
    CancelReceived,
    RequestReceived,
    ResponseReceived,
    TransactionTimedOut,
)
from harness.sip.transaction_layer import TransactionLayer
from tests.harness.sip.transaction_play import OURS, THEIRS, over, request

LONGEST = 200.0
"""Seconds after which nothing may be left: answer after up to 20 s, 64*T1 on each side, twice."""


class Pipe:
    """A user agent client, a server that answers by itself, and the network between them."""

    def __init__(self, seed: int, loss: float, transport: str) -> None:
        self.random = random.Random(seed)
        self.loss = loss if transport == "udp" else 0.0
        self.repeats = 0.1 if transport == "udp" else 0.0
        self.client_hop, self.server_hop = over(transport, OURS), over(transport, THEIRS)
        self.client = TransactionLayer(random.Random(seed + 1))
        self.server = TransactionLayer(random.Random(seed + 2))
        self.in_flight: TimerQueue[Packet] = TimerQueue()
        self.plans: TimerQueue[tuple[str, object]] = TimerQueue()
        self.finals: Counter[ClientTransaction] = Counter()
        self.timeouts: Counter[object] = Counter()
        self.requests = 0
        self.packets = 0
        self.now = 0.0

    def layer_at(self, hop: Hop) -> TransactionLayer:
        return self.client if hop == self.client_hop else self.server

    def start(
        self, method: str, status: int, answer_after: float, cancel_after: float | None
    ) -> ClientTransaction:
        headers = (("X-Answer", f"{status} {answer_after}"),)
        transaction = self.client.send_request(
            request(method, *headers), self.client_hop, self.server_hop, self.now
        )
        if cancel_after is not None:
            self.plans.schedule(cancel_after, ("cancel", transaction))
        return transaction

    def run(self) -> None:
        """Let time jump from event to event until nothing is left to happen."""
        while True:
            self._transmit()
            times = [queue.next_timer() for queue in (self.client, self.server, self.in_flight, self.plans)]
            live = [at for at in times if at is not None]
            if not live:
                return
            self.now = max(self.now, min(live))
            assert self.now < LONGEST
            for packet in self.in_flight.due(self.now):
                self.layer_at(packet.destination).receive(packet, self.now)
            self.client.handle_timers(self.now)
            self.server.handle_timers(self.now)
            for plan in self.plans.due(self.now):
                self._follow(*plan)
            self._note_events()

    def _transmit(self) -> None:
        for packet in self.client.packets_to_send() + self.server.packets_to_send():
            self.packets += 1
            for _ in range(2 if self.random.random() < self.repeats else 1):
                if self.random.random() >= self.loss:
                    self.in_flight.schedule(self.now + self.random.uniform(0.001, 0.3), packet)

    def _follow(self, what: str, subject: object) -> None:
        if what == "cancel":
            assert isinstance(subject, ClientTransaction)
            self.client.cancel(subject, self.now)
            return
        assert isinstance(subject, tuple)
        transaction, response = subject
        if transaction.last_response is None or transaction.last_response.status < 200:
            self.server.send_response(transaction, response, self.now)

    def _note_events(self) -> None:
        for event in self.server.events_received():
            if isinstance(event, RequestReceived):
                self.requests += 1
                self._plan_answer(event)
            elif isinstance(event, CancelReceived):
                response = event.transaction.request.response(487, to_tag="b1")
                self.server.send_response(event.transaction, response, self.now)
        for event in self.client.events_received():
            if isinstance(event, TransactionTimedOut):
                self.timeouts[event.transaction] += 1
            elif isinstance(event, ResponseReceived) and event.response.status >= 200:
                self.finals[event.transaction] += 1

    def _plan_answer(self, event: RequestReceived) -> None:
        status, after = (event.request.headers.get("X-Answer") or "").split()
        response: Response = event.request.response(int(status), to_tag="b1")
        if event.request.method == "INVITE":
            provisional = event.request.response(180, to_tag="b1")
            self.server.send_response(event.transaction, provisional, self.now)
        self.plans.schedule(self.now + float(after), ("answer", (event.transaction, response)))


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    loss=st.floats(0.0, 0.49),
    transport=st.sampled_from(["udp", "udp", "udp", "tcp", "tls"]),
    method=st.sampled_from(["INVITE", "OPTIONS", "BYE"]),
    status=st.sampled_from([300, 404, 486, 503, 603]),
    answer_after=st.floats(0.0, 20.0),
    cancel_after=st.none() | st.floats(0.0, 20.0),
)
def test_every_transaction_ends_with_one_final_response_or_one_timeout(
    seed: int,
    loss: float,
    transport: str,
    method: str,
    status: int,
    answer_after: float,
    cancel_after: float | None,
) -> None:
    pipe = Pipe(seed, loss, transport)
    if method != "INVITE":
        cancel_after = None
    transaction = pipe.start(method, status, answer_after, cancel_after)
    pipe.run()
    assert pipe.finals[transaction] + pipe.timeouts[transaction] == 1
    assert pipe.requests <= 1
    assert transaction.state == "Terminated"
    assert pipe.client.client_transactions == pipe.server.server_transactions == 0
    assert len(pipe.client._queue) == len(pipe.server._queue) == 0  # noqa: SLF001 - no timer may be left
    assert pipe.packets < 100


@settings(max_examples=50, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    method=st.sampled_from(["INVITE", "OPTIONS"]),
    answer_after=st.floats(0.0, 15.0),
)
def test_without_loss_there_is_always_a_final_response(seed: int, method: str, answer_after: float) -> None:
    pipe = Pipe(seed, 0.0, "udp")
    transaction = pipe.start(method, 200 if method == "OPTIONS" else 486, answer_after, None)
    pipe.run()
    assert (pipe.finals[transaction], pipe.timeouts[transaction]) == (1, 0)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10**6), loss=st.floats(0.0, 0.49))
def test_an_accepted_invite_passes_each_2xx_up_and_still_ends(seed: int, loss: float) -> None:
    """RFC 6026: the 2xx is repeated by the owner, which here does not, so it may get lost."""
    pipe = Pipe(seed, loss, "udp")
    transaction = pipe.start("INVITE", 200, 1.0, 60.0)
    pipe.run()
    assert pipe.finals[transaction] + pipe.timeouts[transaction] >= 1
    assert pipe.client.client_transactions == pipe.server.server_transactions == 0
