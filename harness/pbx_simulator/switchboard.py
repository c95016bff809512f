"""Where calls meet: who may call, where a number leads, and the two legs of the bridge between them.

Requests come from `pbx`; what a number means is `number_plan`'s, who the phones are `extensions`', what a
call does once it has two legs `bridge`'s knowledge.
"""

import random
from functools import partial

from harness.media.errors import SdpError
from harness.media.offer_answer import stream_codecs
from harness.media.sdp import SessionDescription
from harness.pbx_simulator.bridge import Bridge
from harness.pbx_simulator.extensions import REALM, Binding, Extensions
from harness.pbx_simulator.number_plan import Emergency, Inside, NumberPlan, Outside, Unassigned
from harness.pbx_simulator.relay import Relay
from harness.pbx_simulator.settings import PbxFile
from harness.pbx_simulator.side import Side
from harness.pbx_simulator.trunk_line import TrunkLine
from harness.sip.hop import Hop, Packet
from harness.sip.message import Message, Request
from harness.sip.transaction_events import RequestReceived, TransactionEvent
from harness.sip.uri import SipUri, TelUri, Uri
from harness.ua.call import Call, incoming_call, outgoing_call
from harness.ua.call_media import sdp_of
from harness.ua.call_options import CallOptions
from harness.ua.unasked_answers import answer_unasked, refusal_of_invite

CODECS = ("PCMA", "PCMU", "telephone-event")
SUPPORTED = ("100rel", "timer")
EMERGENCY_WORDS = "Emergency Calls Leave By The Landline"
FORGET_AFTER = 40.0
"""Seconds that a call which is over is kept for packets that come late: longer than 64*T1."""
OVER_CHECK = 1.0
"""Seconds between two looks at calls that may be over."""


class Switchboard:
    """All calls of the PBX."""

    def __init__(
        self,
        settings: PbxFile,
        plan: NumberPlan,
        extensions: Extensions,
        inside: Side,
        outside: Side,
        line: TrunkLine,
        bridge: type[Bridge],
        relay: type[Relay],
        rng: random.Random,
    ) -> None:
        self.settings = settings
        self.plan = plan
        self.extensions = extensions
        self.inside = inside
        self.outside = outside
        self.line = line
        self.bridges: list[Bridge] = []
        self.rng = rng
        self._bridge = bridge
        self._relay = relay
        self._by_leg: dict[int, Bridge] = {}
        self._by_media: dict[Hop, tuple[Bridge, Call]] = {}

    # What comes in

    def take_request(self, side: Side, event: RequestReceived, now: float) -> None:
        """A request outside all dialogs. Raises ParseError."""
        request = event.request
        if request.method == "INVITE" and request.to.tag is None:
            refusal = refusal_of_invite(event, side.endpoint.new_tag())
            if refusal is not None:
                side.layer.send_response(event.transaction, refusal, now)
            elif side is self.inside:
                self.call_from_phone(event, now)
            else:
                self.call_from_trunk(event, now)
        elif request.method == "REGISTER" and side is self.inside:
            self.register_phone(event, now)
        else:
            self.answer_unasked(side, event, now)

    def observe(self, leg: Call, event: TransactionEvent, now: float) -> None:
        """A leg has just been told of an event."""
        bridge = self._by_leg.get(id(leg))
        if bridge is None:
            return
        bridge.observe(leg, event, now)
        for each in bridge.legs:
            for hop in bridge.media_hops(each):
                self._by_media[hop] = (bridge, each)

    def relayed(self, packet: Packet) -> list[Packet]:
        """A packet of RTP or RTCP that came in, as it leaves again."""
        bridge, leg = self._by_media.get(packet.destination, (None, None))
        if bridge is None or leg is None or bridge.relay is None:
            return []
        other = bridge.other(leg)
        return [] if other is None else bridge.relay.forward(packet, leg, other)

    def answer_unasked(self, side: Side, event: RequestReceived, now: float) -> None:
        """OPTIONS, and requests that nobody expects."""
        answer_unasked(side.endpoint, event.transaction, event.request, now)

    # Phones

    def register_phone(self, event: RequestReceived, now: float) -> None:
        """REGISTER of an extension."""
        request, tag = event.request, self.inside.endpoint.new_tag()
        extension = self.extensions.caller(request, now)
        if extension is None:
            response = self.extensions.challenge(request, tag, now)
        else:
            response = self.extensions.register(extension, request, event.packet, tag, now)
        self.inside.layer.send_response(event.transaction, response, now)

    def call_from_phone(self, event: RequestReceived, now: float) -> None:
        """An extension dials."""
        request = event.request
        extension = self.extensions.caller(request, now)
        if extension is None:
            tag = self.inside.endpoint.new_tag()
            self.inside.layer.send_response(
                event.transaction, self.extensions.challenge(request, tag, now), now
            )
            return
        match self.plan.read(user_of(request.parsed_uri)):
            case Inside(extension=called):
                self.call_extension(self.inside, event, called, extension, now)
            case Outside(number=number):
                self.call_outside(event, number, extension, now)
            case Emergency(number=number):
                self.emergency(event, number, extension, now)
            case Unassigned(status=status):
                self.refuse(self.inside, event, status, now)

    def emergency(self, event: RequestReceived, number: str, extension: str, now: float) -> None:
        """A call that must not reach the trunk; this PBX has no landline."""
        self.refuse(self.inside, event, 403, now, reason=EMERGENCY_WORDS)

    def call_outside(self, event: RequestReceived, number: str, extension: str, now: float) -> None:
        """An extension calls a number outside: INVITE to the trunk."""
        codecs = common_codecs(event.request)
        if not has_sound(codecs):
            self.refuse(self.inside, event, 488, now)
            return
        side = self.inside
        caller = incoming_call(side.endpoint, event, CallOptions(codecs=CODECS, media="none"), now)
        options = self.trunk_options(extension, codecs, caller)
        bridge = self.join(side, caller, trunk_calls=False, now=now)
        dial = partial(self.dial_trunk, bridge, number, options)
        bridge.connect(dial, outside=True, now=now)

    def trunk_options(self, extension: str, codecs: tuple[str, ...], caller: Call) -> CallOptions:
        """What the INVITE to the trunk says: the SIP username in From, the extension as its display name."""
        return CallOptions(
            codecs=codecs,
            supported=SUPPORTED,
            session_expires=self.settings.pbx.session_expires,
            from_display=extension,
            headers=(("P-Asserted-Identity", f'"{extension}" <{self.line.account.address_of_record}>'),),
            media="none",
        )

    def dial_trunk(self, bridge: Bridge, number: str, options: CallOptions, now: float) -> Call:
        """Send the INVITE to the trunk."""
        account = self.line.account
        callee = outgoing_call(
            self.outside.endpoint,
            f"sip:{number}@{account.domain}",
            options,
            account.registrar,
            now,
            from_uri=account.address_of_record,
            account=account,
        )
        callee.credentials = self.line.credentials() if self.settings.pbx.mode == "registration" else None
        return self.take_leg(self.outside, bridge, callee)

    # The trunk

    def call_from_trunk(self, event: RequestReceived, now: float) -> None:
        """A call comes in."""
        if not self.is_trunk(event.packet):
            self.refuse(self.outside, event, 403, now)
            return
        called = self.called(event.request)
        if called is None:
            self.refuse(self.outside, event, 404, now)
            return
        caller = event.request.from_
        self.call_extension(self.outside, event, called, user_of(caller.uri) or "anonymous", now)

    def is_trunk(self, packet: Packet) -> bool:
        """Whether a packet comes from the trunk's address; calls from elsewhere are nobody's."""
        return packet.source.host == self.line.account.registrar.host

    def called(self, request: Request) -> str | None:
        """The extension that rings, by the Request-URI: an Online Number, an extension tag, the username."""
        return self.extension_for(user_of(request.parsed_uri))

    def extension_for(self, user: str) -> str | None:
        """Where a user part leads; None: nowhere."""
        route = self.settings.inbound.get(user)
        if route is None and user == self.settings.pbx.username:
            return next(iter(self.extensions.numbers), None)
        return route

    def call_extension(
        self, side: Side, event: RequestReceived, called: str, caller: str, now: float
    ) -> None:
        """Ring an extension, for the trunk or for another extension."""
        binding = self.extensions.binding(called, now)
        codecs = common_codecs(event.request)
        if binding is None or not has_sound(codecs):
            self.refuse(side, event, 480 if binding is None else 488, now)
            return
        from_trunk = side is self.outside
        leg = incoming_call(
            side.endpoint,
            event,
            self.incoming_options(from_trunk=from_trunk),
            now,
            account=self.line.account if from_trunk else None,
        )
        display = event.request.from_.display
        bridge = self.join(side, leg, trunk_calls=from_trunk, now=now)
        dial = partial(self.dial_phone, bridge, binding, caller, display, codecs)
        bridge.connect(dial, outside=False, now=now)
        self.give_up_later(bridge, now)

    def incoming_options(self, *, from_trunk: bool) -> CallOptions:
        """How a call that comes in is answered."""
        if not from_trunk:
            return CallOptions(codecs=CODECS, media="none")
        return CallOptions(codecs=CODECS, supported=SUPPORTED, media="none")

    def dial_phone(
        self,
        bridge: Bridge,
        binding: Binding,
        caller: str,
        display: str | None,
        codecs: tuple[str, ...],
        now: float,
    ) -> Call:
        """Send the INVITE to a phone."""
        options = CallOptions(codecs=codecs, from_display=display, media="none")
        callee = outgoing_call(
            self.inside.endpoint, binding.uri, options, binding.source, now, from_uri=f"sip:{caller}@{REALM}"
        )
        return self.take_leg(self.inside, bridge, callee)

    # Bridges

    def join(self, side: Side, caller: Call, *, trunk_calls: bool, now: float) -> Bridge:
        """A bridge with its first leg."""
        bridge = self._bridge(caller, trunk_calls=trunk_calls, relay=self._relay, now=now)
        self.bridges.append(bridge)
        self.take_leg(side, bridge, caller)
        side.endpoint.schedule(now + OVER_CHECK, lambda at: self._look_after(bridge, at))
        return bridge

    def take_leg(self, side: Side, bridge: Bridge, leg: Call) -> Call:
        """Find a leg by what comes in for it from now on."""
        side.calls.add(leg)
        self._by_leg[id(leg)] = bridge
        return leg

    def give_up_later(self, bridge: Bridge, now: float) -> None:
        """Nobody answers: 480 to the caller in the end."""

        def give_up(at: float) -> None:
            if bridge.callee is not None and not bridge.callee.was_answered and not bridge.ended:
                bridge.hang_up(at)

        self.inside.endpoint.schedule(now + self.settings.pbx.ring_timeout, give_up)

    def refuse(
        self, side: Side, event: RequestReceived, status: int, now: float, reason: str | None = None
    ) -> None:
        """Refuse an INVITE that never gets a leg."""
        response = event.request.response(status, reason, to_tag=side.endpoint.new_tag())
        side.layer.send_response(event.transaction, response, now)

    def hang_up_all(self, now: float) -> None:
        """The PBX goes down."""
        for bridge in self.bridges:
            bridge.hang_up(now)

    def _look_after(self, bridge: Bridge, now: float) -> None:
        """Forget a call once it has been over for a while."""
        if not bridge.ended:
            self.inside.endpoint.schedule(now + OVER_CHECK, lambda at: self._look_after(bridge, at))
            return
        self._by_media = {hop: value for hop, value in self._by_media.items() if value[0] is not bridge}
        self.inside.endpoint.schedule(now + FORGET_AFTER, lambda _: self._forget(bridge))

    def _forget(self, bridge: Bridge) -> None:
        if bridge in self.bridges:
            self.bridges.remove(bridge)
        for leg in bridge.legs:
            self._by_leg.pop(id(leg), None)
            for side in (self.inside, self.outside):
                side.calls.discard(leg)


def user_of(uri: Uri) -> str:
    """The user part of a URI without escapes; empty when it has none."""
    if isinstance(uri, TelUri):
        return uri.number
    return uri.unescaped_user if isinstance(uri, SipUri) else ""


def common_codecs(message: Message) -> tuple[str, ...]:
    """What a description offers of the codecs that we have; all of them without a description."""
    body = sdp_of(message)
    if body is None:
        return CODECS
    try:
        streams = SessionDescription.parse(body).media
    except SdpError:
        return ()
    offered = {
        name.lower() for media in streams if media.kind == "audio" for name in stream_codecs(media).values()
    }
    return tuple(each for each in CODECS if each.lower() in offered)


def has_sound(codecs: tuple[str, ...]) -> bool:
    """Whether there is more than telephone-events."""
    return any(each != "telephone-event" for each in codecs)
