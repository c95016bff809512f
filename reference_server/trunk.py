"""START HERE: the reference trunk as a core without I/O, driven by six verbs.

Packets and time go in, packets come out; sockets and clocks are the driver's (`harness.drivers`). The trunk
itself only passes things on: transactions to `harness.sip`, requests to `dispatch`, calls to their session,
media to their receivers; before answers leave it commits what they promise to the store (group commit).
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from harness.faults.mutator import made
from harness.sip.errors import ParseError
from harness.sip.hop import Hop, Packet
from harness.sip.transaction_events import (
    AckReceived,
    CancelReceived,
    MalformedReceived,
    RequestReceived,
    StrayResponse,
    TransactionEvent,
)
from harness.ua.call import Call
from harness.ua.endpoint import MediaReceiver
from reference_server.endpoints import MediaPorts
from reference_server.express.lane import Datagram, ExpressLane
from reference_server.inbound import Order
from reference_server.live_call import LiveCall
from reference_server.liveness import SWEEP_INTERVAL
from reference_server.parts import Blueprint, assemble
from reference_server.rating.credit import Purse
from reference_server.rating.tariff import Tariff
from reference_server.settings import AccountSettings, ProfileSettings
from reference_server.store.store import Store, StoreError

EARLY = 0.25
"""Share of the commit window by which a commit may come early, when the trunk is awake anyway."""
Watch = Callable[[bool, bytes, Hop, Hop, float], None]
"""Whether a message comes in, the message, our end, the peer's, and the time."""
RETRY_COMMIT_AFTER = 1.0
"""Seconds until a commit that failed is tried again; answers that wait for it are not sent."""


class Trunk:
    """One trunk with all its profiles, bindings and calls."""

    def __init__(
        self,
        blueprint: Blueprint,
        store: Store,
        media_ports: MediaPorts,
        rng: random.Random,
        now: float,
        *,
        commit_window: float = 0.0,
        express: bool = True,
        tariff: Tariff | None = None,
    ) -> None:
        """`commit_window`: seconds between two commits, for which answers wait; the first after a silence
        does not. `express` False: ordinary calls go the general way too. `tariff`: None for the standard."""
        self.parts = assemble(blueprint, store, media_ports, rng, now, tariff)
        self.watch: Watch | None = None
        """Sees each SIP message that comes in or leaves."""
        self.responses: Counter[bytes] = Counter()
        """Status code -> responses sent."""
        self.failed_commits = 0
        self._store = store
        self._layer = self.parts.layer
        self._endpoints = self.parts.endpoints
        self._media_ports = media_ports
        self._now = now
        self._window = commit_window
        self._commit_at: float | None = None
        self._committed_at = float("-inf")
        self._held: list[Packet] = []
        self._sip: list[Packet] = []
        self._sip_out = made(blueprint.sip_out)
        self._sip_in = made(blueprint.sip_in)
        self._media_out = made(blueprint.media_out)
        self._media_in = made(blueprint.media_in)
        self._endpoints.timers.schedule(now + SWEEP_INTERVAL, self._sweep)
        usable = express and blueprint.obeys and not blueprint.dialect.authentication.in_dialog
        self._lane = ExpressLane(self.parts, rng) if usable else None
        self._answered: list[Datagram] = []
        self._promised: list[Datagram] = []
        if self._lane is not None:
            self._layer.before_request = self._lane.give_way
            self._answered, self._promised = self._lane.answered, self._lane.promised

    # The six verbs of a driver

    def receive(self, packet: Packet, now: float) -> None:
        """Takes one packet: SIP at a listener, RTP at a media port."""
        self._now = now
        if packet.destination in self._media_ports.hops:
            for one in (packet,) if self._media_in is None else self._media_in(packet, now):
                self._receive_media(one, now)
            return
        lane, (transport, host, port) = self._lane, packet.source
        if lane is not None and transport == "udp":
            self.receive_datagram(packet.data, (host, port), packet.destination, now)
            return
        if self.watch is not None:
            self.watch(True, packet.data, packet.destination, packet.source, now)
        self._receive_sip(packet, now)

    def _receive_sip(self, packet: Packet, now: float) -> None:
        for one in (packet,) if self._sip_in is None else self._sip_in(packet, now):
            self._endpoints.at(one.destination)
            self._layer.receive(one, now)
        self._handle_events(now)

    def next_timer(self) -> float | None:
        """When `handle_timers` wants to be called, in seconds."""
        earliest = self._layer.next_timer()
        for other in (self._endpoints.timers.next_timer(), self._commit_at):
            if other is not None and (earliest is None or other < earliest):
                earliest = other
        if self._lane is not None:
            other = self._lane.next_timer()
            if other is not None and (earliest is None or other < earliest):
                earliest = other
        return earliest

    def handle_timers(self, now: float) -> None:
        """Does what is due."""
        self._now = now
        if self._lane is not None:
            self._lane.handle_timers(now)
        self._layer.handle_timers(now)
        self._handle_events(now)
        for action in self._endpoints.timers.due(now):
            action(now)

    def packets_to_send(self) -> list[Packet]:
        """Hands over what may leave: SIP only after what it promises is committed, media at once."""
        self._collect()
        packets = [Packet(data, local, Hop("udp", *address)) for data, address, local in self._answered]
        if self._answered:
            self._note(packets)
            self._answered.clear()
        if self._sip:
            packets += self._sip
            self._sip.clear()
        return packets + self._media_to_send()

    def receive_datagram(self, data: bytes, address: tuple[str, int], local: Hop, now: float) -> None:
        """`receive` for a UDP listener's datagram, without the making of a packet: for drivers in a hurry."""
        self._now = now
        if self.watch is not None:
            self.watch(True, data, local, Hop("udp", *address), now)
        if self._lane is None or not self._lane.receive(data, address, local, now):
            self._receive_sip(Packet(data, Hop("udp", *address), local), now)

    def datagrams_to_send(self) -> list[Datagram]:
        """The part of `packets_to_send` that was answered in a hurry: bytes, address and listener."""
        self._collect()
        answered = self._answered
        if not answered:
            return answered
        datagrams = answered[:]
        answered.clear()
        responses = self.responses
        for data, _, _ in datagrams:
            responses[data[8:11]] += 1
        if self.watch is not None:
            for data, address, local in datagrams:
                self.watch(False, data, local, Hop("udp", *address), self._now)
        return datagrams

    def _collect(self) -> None:
        """Puts what may leave into `_answered` and `_sip`, after the commit that it waits for."""
        sip = self._layer.packets_to_send()
        if sip and self._sip_out is not None:
            sip = [changed for packet in sip for changed in self._sip_out(packet, self._now)]
        if self._store.dirty or self._held or self._promised:
            sip = self._committed(sip)
        if sip:
            self._note(sip)
            self._sip += sip

    def _note(self, sip: Iterable[Packet]) -> None:
        """Counts the responses among what leaves, and shows all to who watches."""
        for packet in sip:
            if packet.data.startswith(b"SIP/2.0 "):
                self.responses[packet.data[8:11]] += 1
            if self.watch is not None:
                self.watch(False, packet.data, packet.source, packet.destination, self._now)

    def events_received(self) -> list[TransactionEvent]:
        """Nothing: the trunk deals with all events itself."""
        return []

    def transport_failed(self, destination: Hop, now: float) -> None:
        """Learns that packets cannot reach `destination`."""
        self._now = now
        if self._lane is not None and destination.transport == "udp":
            self._lane.transport_failed((destination.host, destination.port))
        self._layer.transport_failed(destination, now)
        self._handle_events(now)

    @property
    def media_receivers(self) -> Mapping[Hop, MediaReceiver] | None:
        """Who takes the datagrams of which RTP port, for drivers in a hurry; None: a fault looks at media."""
        faulty = self._media_in is not None or self._media_out is not None
        return None if faulty else self._endpoints.media_receivers

    @property
    def lane(self) -> ExpressLane | None:
        """What carries ordinary calls; None: all go the general way."""
        return self._lane

    # What the control API and the process do

    def listen_at(self, places: Iterable[Hop]) -> None:
        """Learns where the trunk listens; inbound calls may begin there before any packet came."""
        for place in places:
            self._endpoints.at(place)

    def place_call(self, order: Order, now: float) -> LiveCall:
        """Starts an inbound call. Raises `UnknownCallee`."""
        self._now = now
        return self.parts.inbound.place(order, now)

    def hang_up(self, live: LiveCall, now: float) -> None:
        """Ends a call for the operator."""
        self._now = now
        self.parts.calls.end(live, "ended by the operator", now)

    @property
    def credit(self) -> Purse:
        """What each profile can still spend."""
        return self.parts.metering.purse

    def take_profile(self, settings: ProfileSettings) -> None:
        """Takes a new profile, or new settings of one that it has; calls in progress go on.

        What a new one can spend is read from the store; of one that is there it stays as it is.
        """
        parts = self.parts
        is_new = parts.profiles.named(settings.sip_username) is None
        profile = parts.profiles.take(settings)
        if is_new:
            self.credit.set(profile.username, *self._store.spendable(profile.username))
        if profile.ip_source is not None:
            parts.registrar.forget(profile.username)  # its PBX is known by address now
        if parts.stage is not None:
            parts.stage.take_profiles(parts.profiles, self._store.profiles())
        parts.community.sign_out(settings.extension_tags)

    def drop_profile(self, username: str) -> None:
        """Forgets a profile with its bindings; calls in progress go on. One that is not there is no error."""
        if self.parts.profiles.drop(username) is not None:
            self.parts.registrar.forget(username)
            self.credit.forget(username)

    def take_account(self, settings: AccountSettings) -> None:
        """Takes a new business account, or new settings of one; it signs in unless a profile has it."""
        self.parts.community.take(settings)

    def drop_account(self, name: str) -> None:
        """Forgets a business account with its bindings. One that is not there is no error."""
        self.parts.community.drop(name)

    def shut_down(self, now: float) -> None:
        """Ends all calls; the driver runs on until none is left or patience ends."""
        self._now = now
        self.parts.calls.end_all(now)
        self.parts.community.end_all(now)

    # Below

    def _receive_media(self, packet: Packet, now: float) -> None:
        receiver = self._endpoints.media_receivers.get(packet.destination)
        if receiver is not None:  # else a call that is over
            receiver.receive(packet, now)

    def _handle_events(self, now: float) -> None:
        while events := self._layer.events_received():
            for event in events:
                self._handle(event, now)

    def _handle(self, event: TransactionEvent, now: float) -> None:
        match event:
            case RequestReceived():
                self.parts.dispatch.answer(event, now)
            case AckReceived():
                acknowledged = self._call_of_ack(event)
                if acknowledged is not None:
                    _pass_on(acknowledged, event, now)
            case MalformedReceived():
                self.parts.dispatch.answer_malformed(event)
            case CancelReceived():
                self.parts.dispatch.cancel(event, now)
            case StrayResponse():
                pass  # nobody waits for it
            case _:
                owner = event.transaction.owner
                cancelled = getattr(event.transaction, "cancels", None)
                session = owner if cancelled is None else cancelled.owner
                if isinstance(session, Call):
                    _pass_on(session, event, now)

    def _call_of_ack(self, event: AckReceived) -> Call | None:
        try:
            return self.parts.dispatch.session_of(event.request)
        except ParseError:
            return None

    def _committed(self, sip: list[Packet]) -> list[Packet]:
        """Commits when the last commit is a window ago, and hands over what waited for it."""
        self._held += sip
        if self._commit_at is None:
            self._commit_at = max(self._now, self._committed_at + self._window)
        if self._now < self._commit_at - self._window * EARLY:
            return []
        try:
            self._store.commit(self._now)
        except StoreError:
            self.failed_commits += 1
            self._held.clear()  # the peers will ask again
            if self._lane is not None:
                self._lane.not_committed()
            self._commit_at = self._now + RETRY_COMMIT_AFTER
            return []
        self.parts.metering.committed()
        self._commit_at, self._committed_at = None, self._now
        if self._lane is not None:
            self._lane.committed(self._now)
        held, self._held = self._held, []
        return held

    def _media_to_send(self) -> list[Packet]:
        packets: list[Packet] = []
        for endpoint in self._endpoints.by_hop.values():
            if endpoint.media_outbox:
                packets += endpoint.media_packets_to_send()
        if self._media_out is None:
            return packets
        return [changed for packet in packets for changed in self._media_out(packet, self._now)]

    def _sweep(self, now: float) -> None:
        self.parts.liveness.sweep(now)
        self.parts.community.sweep(now)
        self.parts.metering.look(self.parts.calls.live(), now)
        self._store.keep_alive(now)
        self._endpoints.timers.schedule(now + SWEEP_INTERVAL, self._sweep)


def _pass_on(session: Call, event: TransactionEvent, now: float) -> None:
    try:
        session.receive_event(event, now)
    except ParseError:
        pass  # a response or ACK that cannot be read: timers go on as if it had not come
