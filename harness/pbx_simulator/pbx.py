"""START HERE: the simulated PBX as a core without I/O, driven by six verbs.

A back-to-back user agent between phones that register inside and the trunk. It drives its two sides and
hands requests to `switchboard`; sockets and clock are the driver's (`process`, or a simulated network).
"""

import random

from harness.faults.mutator import made
from harness.pbx_simulator.blueprint import Blueprint
from harness.pbx_simulator.extensions import Extensions
from harness.pbx_simulator.settings import PbxFile
from harness.pbx_simulator.side import MediaPorts, Side
from harness.sip.errors import ParseError, SipError
from harness.sip.hop import Hop, Packet
from harness.sip.message import Request
from harness.sip.timers import TimerQueue
from harness.sip.transaction_events import (
    MalformedReceived,
    RequestReceived,
    ResponseReceived,
    TransactionEvent,
    TransactionTimedOut,
    TransportFailed,
)
from harness.ua.endpoint import MediaReceiver, TimedAction

INSIDE_USER = "pbx"
"""User of the Contact that phones see."""


class Pbx:
    """One PBX with all its phones and calls."""

    def __init__(
        self,
        settings: PbxFile,
        *,
        inside: Hop,
        outside: Hop,
        media_ports: MediaPorts,
        rng: random.Random,
        blueprint: Blueprint = Blueprint(),  # noqa: B008 - a frozen value
    ) -> None:
        """``inside`` and ``outside`` are bound already."""
        settings = blueprint.settings(settings)
        self._timers: TimerQueue[TimedAction] = TimerQueue()
        self._media_receivers: dict[Hop, MediaReceiver] = {}
        common = (rng, media_ports, self._timers, self._media_receivers)
        self.inside = Side(inside, INSIDE_USER, *common)
        trunk = settings.pbx.trunk_hop
        self.outside = Side(outside, settings.pbx.username, *common, outbound=trunk)
        self.line = blueprint.trunk_line(settings.pbx, self.outside, blueprint.credentials)
        self.extensions = Extensions(settings.extension, rng)
        self.switchboard = blueprint.switchboard(
            settings,
            blueprint.number_plan(settings),
            self.extensions,
            self.inside,
            self.outside,
            self.line,
            blueprint.bridge,
            blueprint.relay,
            rng,
        )
        self._sip_out = made(blueprint.sip_out)
        self._sip_in = made(blueprint.sip_in)
        self._media_out: list[Packet] = []
        self._now = 0.0

    # What an owner does

    def start(self, now: float) -> None:
        """Connect to the trunk."""
        self.line.start(now)

    def stop(self, now: float) -> None:
        """End all calls and remove the binding; the driver runs on until `at_rest` or its patience ends."""
        self.switchboard.hang_up_all(now)
        self.line.stop(now)

    @property
    def at_rest(self) -> bool:
        """Whether nothing is waited for."""
        return self.line.at_rest and all(bridge.ended for bridge in self.switchboard.bridges)

    # The six verbs

    def receive(self, packet: Packet, now: float) -> None:
        """Take one packet: SIP at one of the two sides, media anywhere else."""
        self._now = now
        if packet.destination == self.inside.local:
            self.inside.layer.receive(packet, now)
            self._take_events(self.inside, now)
        elif packet.destination == self.outside.local:
            for one in (packet,) if self._sip_in is None else self._sip_in(packet, now):
                self.outside.layer.receive(one, now)
            self._take_events(self.outside, now)
        else:
            receiver = self._media_receivers.get(packet.destination)
            if receiver is not None:
                receiver.receive(packet, now)
            self._media_out += self.switchboard.relayed(packet)

    def next_timer(self) -> float | None:
        """When `handle_timers` wants to be called, in seconds."""
        wanted = (self._timers.next_timer(), self.inside.layer.next_timer(), self.outside.layer.next_timer())
        return min((at for at in wanted if at is not None), default=None)

    def handle_timers(self, now: float) -> None:
        """Do what is due."""
        self._now = now
        for side in (self.inside, self.outside):
            side.layer.handle_timers(now)
            self._take_events(side, now)
        for action in self._timers.due(now):
            action(now)

    def packets_to_send(self) -> list[Packet]:
        """Hand over what wants to go out."""
        outside = self.outside.layer.packets_to_send()
        if self._sip_out is not None:
            outside = [changed for packet in outside for changed in self._sip_out(packet, self._now)]
        media, self._media_out = self._media_out, []
        for side in (self.inside, self.outside):
            media += side.endpoint.media_packets_to_send()
        return self.inside.layer.packets_to_send() + outside + media

    def events_received(self) -> list[TransactionEvent]:
        """Nothing: the PBX deals with all events itself."""
        return []

    def transport_failed(self, destination: Hop, now: float) -> None:
        """Learn that packets cannot reach a hop."""
        self._now = now
        for side in (self.inside, self.outside):
            side.layer.transport_failed(destination, now)
            self._take_events(side, now)

    # Below

    def _take_events(self, side: Side, now: float) -> None:
        while events := side.layer.events_received():
            for event in events:
                try:
                    self._take(side, event, now)
                except ParseError as error:
                    self._refuse_malformed(side, event, error, now)

    def _take(self, side: Side, event: TransactionEvent, now: float) -> None:
        call = side.calls.find(event)
        if call is not None:
            call.receive_event(event, now)
            self.switchboard.observe(call, event, now)
            return
        match event:
            case RequestReceived():
                self.switchboard.take_request(side, event, now)
            case ResponseReceived():
                side.requests.receive_response(event, now)
            case TransactionTimedOut() | TransportFailed():
                side.requests.lose(event, now)
            case MalformedReceived(packet=packet, error=error, message=message):
                if isinstance(message, Request) and message.method != "ACK":
                    response = message.response(error.status, to_tag=side.endpoint.new_tag())
                    side.layer.send_stateless_response(message, response, packet)
            case _:
                pass  # a stray response or ACK

    def _refuse_malformed(self, side: Side, event: TransactionEvent, error: ParseError, now: float) -> None:
        if not isinstance(event, RequestReceived):
            return  # timers go on as if it had not come
        try:
            response = event.request.response(error.status, to_tag=side.endpoint.new_tag())
            side.layer.send_response(event.transaction, response, now)
        except SipError:
            return  # it cannot even be refused
