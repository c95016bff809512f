"""START HERE for checks of a PBX: what passed between PBX and trunk, sorted into exchanges and calls.

Takes a trace apart once so that the checks beside this file can ask for registrations and calls; judges
nothing. The PBX's other side, phones that talk to it, is left out. Works on any part of a trace: what is
missing is simply not there.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from harness.capture.trace import Trace
from harness.checks.pbx.call import Call
from harness.checks.pbx.leg_message import Exchange, LegMessage
from harness.checks.pbx.setup import Setup
from harness.sip.errors import ParseError
from harness.sip.message import Message, Request, Response, parse_message


class RtpFlight(NamedTuple):
    """One RTP packet: when, from where, to where."""

    time: float
    source: tuple[str, int]
    destination: tuple[str, int]


class TrunkLeg:
    """The trunk's side of a trace."""

    def __init__(self, trace: Trace, setup: Setup) -> None:
        self.trace = trace
        self.setup = setup
        self.messages = list(_messages(trace, setup))
        """Every message that can be read, in order."""
        self.exchanges = _exchanges(self.messages)
        """Every request but ACK, in the order they began."""
        self.calls = _calls(self.messages, self.exchanges)
        """Every call that begins in the trace, in order."""
        packets = trace.packets
        self.end = packets[-1].time if packets else 0.0
        """When the trace ends, in seconds since the epoch."""

    @property
    def registers(self) -> list[Exchange]:
        """The PBX's REGISTER requests."""
        return [each for each in self.exchanges if each.request.method == "REGISTER" and each.first.from_pbx]

    @property
    def outbound(self) -> list[Call]:
        """Calls that the PBX made."""
        return [call for call in self.calls if call.outbound]

    @property
    def inbound(self) -> list[Call]:
        """Calls that the trunk made."""
        return [call for call in self.calls if not call.outbound]

    def rtp_between(self, first: float, last: float) -> list[RtpFlight]:
        """The RTP packets that passed from `first` to `last`, in seconds since the epoch, on whatever way."""
        times, flights = self._rtp
        return flights[bisect_left(times, first) : bisect_right(times, last)]

    @cached_property
    def _rtp(self) -> tuple[list[float], list[RtpFlight]]:
        flights = sorted(
            RtpFlight(each.time, each.packet.source[1:], each.packet.destination[1:])
            for each in self.trace
            if each.kind == "rtp"
        )
        return [flight.time for flight in flights], flights


def _messages(trace: Trace, setup: Setup) -> Iterator[LegMessage]:
    for traced in trace:
        source, destination = traced.packet.source, traced.packet.destination
        if traced.kind != "sip":
            continue
        to_trunk = setup.is_trunk(destination) and setup.is_pbx(source)
        from_trunk = setup.is_trunk(source) and setup.is_pbx(destination)
        if to_trunk == from_trunk:
            continue
        message = _readable(traced.packet.data)
        if message is not None:
            yield LegMessage(traced, message, to_trunk)


def _readable(data: bytes) -> Message | None:
    """The message when the header fields that name its dialog and transaction can be read."""
    try:
        message = parse_message(data)
        _ = message.branch, message.from_, message.to, message.call_id, message.cseq
    except ParseError:
        return None
    return message


def _exchanges(messages: list[LegMessage]) -> list[Exchange]:
    found: dict[tuple[str, str, bool], Exchange] = {}
    for each in messages:
        message = each.message
        if isinstance(message, Request):
            if message.method == "ACK":
                continue
            key = (_transaction(message), message.method, each.from_pbx)
            if key in found:
                found[key].again.append(each)
            else:
                found[key] = Exchange(each, message)
        elif isinstance(message, Response):
            exchange = found.get((_transaction(message), message.cseq.method, not each.from_pbx))
            if exchange is not None:
                exchange.responses.append(each)
    return list(found.values())


def _transaction(message: Message) -> str:
    """What names a transaction: the branch; without one, Call-ID and CSeq (RFC 3261 section 17.2.3)."""
    return message.branch or f"{message.call_id} {message.cseq.number}"


def _calls(messages: list[LegMessage], exchanges: list[Exchange]) -> list[Call]:
    calls: dict[str, Call] = {}
    for exchange in exchanges:
        request = exchange.request
        known = calls.get(request.call_id)
        if request.method == "INVITE" and request.to.tag is None:
            if known is None:
                calls[request.call_id] = Call(request.call_id, exchange.first.from_pbx, [exchange])
            else:
                known.attempts.append(exchange)
        elif known is not None:
            known.others.append(exchange)
    for each in messages:
        call = calls.get(each.message.call_id)
        if call is not None:
            call.messages.append(each)
            if isinstance(each.message, Request) and each.message.method == "ACK":
                call.add_ack(each)
    return list(calls.values())
