"""A sampled part of the calls goes through all checks: the general parser and `harness.checks`.

The lean path reads what routes a response and nothing else; so that a load run still notices a target that
answers wrongly under load, some calls are recorded and judged when they are over. A judged call costs as much
as some ten others, so there are at most `MOST_A_SECOND`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from harness.capture.trace import Trace
from harness.checks.breach import Breach
from harness.checks.media import answer_is_subset, event_payload_kept
from harness.checks.response import (
    contact_in_2xx,
    content_length_counts,
    cseq_copied,
    from_and_call_id_copied,
    record_route_copied,
    to_tag_added,
    to_tag_stable,
    via_copied,
)
from harness.checks.transaction_pairs import TransactionPair, transaction_pairs
from harness.load.engine.outgoing_call import FastCall
from harness.load.figures.attempt import Attempt
from harness.media.errors import MediaError
from harness.sip.errors import ParseError
from harness.sip.hop import Hop, Packet
from harness.sip.message import parse_message
from harness.sip.response_glance import Fields

MOST_A_SECOND = 5
MOST_FINDINGS = 1000
"""A target that is wrong is wrong in every call; more findings say nothing new."""
UNREADABLE = "message.grammar"
"""What a message breaks that cannot be read or has defects."""


@dataclass(frozen=True, slots=True)
class SampleFinding:
    """What was wrong in a sampled call."""

    call_id: str
    requirement: str
    """Id in the catalogue."""
    seen: str
    message: bytes
    """The message that decides; empty when the fault is that nothing came."""


class SampledCall(FastCall):
    """A call whose messages are kept."""

    __slots__ = ("tape",)

    tape: Trace

    def receive(self, fields: Fields, data: bytes, now: float) -> None:
        """Keep the response and take it."""
        engine = self.line.engine
        self.tape.append(now, Packet(data, engine.target, engine.local), "sip")
        super().receive(fields, data, now)


class CallSample:
    """Chooses the calls, and collects what is found."""

    def __init__(self, every: int) -> None:
        """One call of ``every`` is judged, 0 for none."""
        self.judged = 0
        self.findings: list[SampleFinding] = []
        self._every = every
        self._count = 0
        self._second = 0
        self._this_second = 0

    def takes(self, now: float) -> bool:
        """Whether the call that starts now is to be judged."""
        self._count += 1
        if not self._every or self._count % self._every:
            return False
        if int(now) != self._second:
            self._second, self._this_second = int(now), 0
        self._this_second += 1
        return self._this_second <= MOST_A_SECOND

    def follow(self, call: SampledCall) -> None:
        """Record a call from its first message on, and judge it when it is over."""
        call.tape = tape = Trace()
        engine, send, done = call.line.engine, call.send, call.done

        def record(data: bytes) -> None:
            tape.append(engine.clock(), Packet(data, engine.local, engine.target), "sip")
            send(data)

        def over(attempt: Attempt) -> None:
            self._judge(tape, engine.target)
            if done is not None:
                done(attempt)

        call.send, call.done = record, over

    def _judge(self, tape: Trace, target: Hop) -> None:
        self.judged += 1
        room = MOST_FINDINGS - len(self.findings)
        self.findings.extend([*_unreadable(tape, target), *_wrong(tape)][: max(0, room)])


def _unreadable(tape: Trace, target: Hop) -> Iterator[SampleFinding]:
    """Messages of the target that break the grammar."""
    for traced in tape:
        data = traced.packet.data
        if traced.packet.source != target:
            continue
        try:
            message = parse_message(data)
            for defect in message.defects:
                yield SampleFinding(message.call_id, UNREADABLE, str(defect), data)
        except ParseError as error:
            yield SampleFinding("", UNREADABLE, str(error), data)


def _wrong(tape: Trace) -> Iterator[SampleFinding]:
    for pair in transaction_pairs(tape):
        try:
            breaches = list(_breaches(pair))
            call_id = pair.request.call_id
        except (ParseError, MediaError):
            continue  # `_unreadable` has told
        for breach in breaches:
            message = bytes(breach.message) if breach.message is not None else b""
            yield SampleFinding(call_id, breach.requirement, breach.seen, message)


def _breaches(pair: TransactionPair) -> Iterator[Breach]:
    request, is_invite = pair.request, pair.request.method == "INVITE"
    found: list[Breach | None] = [to_tag_stable(pair.messages)]
    for response, data in pair.responses:
        found += [
            via_copied(request, response),
            cseq_copied(request, response),
            from_and_call_id_copied(request, response),
            to_tag_added(response),
            content_length_counts(data, response),
        ]
        if is_invite and 200 <= response.status < 300:
            found += [
                contact_in_2xx(response),
                record_route_copied(request, response),
                answer_is_subset(request, response),
                event_payload_kept(request, response),
            ]
    return (breach for breach in found if breach is not None)
