"""The network between an observed trunk and its PBXs: it writes the trace and, when told to, is a bad one.

Mutators of packets (`harness.faults.mutator`) that also change what the directions want changed on the wire:
Record-Route and maddr in responses, copies of a 200, silence.
"""

import random

from harness.faults.mutator import Mutator, MutatorMaker
from harness.sip.errors import ParseError
from harness.sip.hop import Hop, Packet
from harness.sip.message import Response, parse_message
from harness.sip.transport_rules import bracketed
from harness.sip.uri import SipUri
from reference_server.stage.directions import Impairment, InviteDirections
from reference_server.stage.stage import Stage

SUCCESS = b"SIP/2.0 2"


class BadNetwork:
    """Loses, doubles and delays packets one way, each profile by a seed of its own."""

    def __init__(self, stage: Stage, way: str) -> None:
        self._stage = stage
        self._way = way
        self._chances: dict[str, random.Random] = {}
        self._held: dict[str, Packet] = {}
        stage.on_change.append(self.forget)

    def forget(self, profile: str) -> None:
        """Begin anew with a profile."""
        self._chances.pop(profile, None)

    def pass_on(self, packet: Packet, profile: str) -> list[Packet]:
        """What arrives of a packet; TCP and TLS suffer nothing."""
        impairment = self._stage.directions(profile).impairment
        if packet.source.transport != "udp" or not self._is_bad(impairment):
            return [*self._released(profile), packet]
        chance = self._chances.setdefault(profile, random.Random(f"{impairment.seed} {self._way} {profile}"))
        if chance.random() < impairment.loss:
            return []
        copies = 2 if chance.random() < impairment.duplicate else 1
        if chance.random() < impairment.reorder and profile not in self._held:
            self._held[profile] = packet
            return []
        return [*[packet] * copies, *self._released(profile)]

    def _released(self, profile: str) -> list[Packet]:
        held = self._held.pop(profile, None)
        return [] if held is None else [held]

    def _is_bad(self, impairment: Impairment) -> bool:
        if not self._way.startswith("sip") and not impairment.media:
            return False
        return bool(impairment.loss or impairment.duplicate or impairment.reorder)


def sip_in_maker(stage: Stage) -> MutatorMaker:
    """Writes what comes in, lets the network spoil it, and keeps from the trunk what it shall not hear."""

    def maker() -> Mutator:
        network = BadNetwork(stage, "sip in")

        def mutate(packet: Packet, now: float) -> list[Packet]:
            profile = stage.see(packet, now, came_in=True)
            return [
                heard for one in network.pass_on(packet, profile) for heard in _heard(stage, one, profile)
            ]

        return mutate

    return maker


def sip_out_maker(stage: Stage) -> MutatorMaker:
    """Changes what leaves as the directions want it, lets the network spoil it, and writes what remains."""

    def maker() -> Mutator:
        network = BadNetwork(stage, "sip out")

        def mutate(packet: Packet, now: float) -> list[Packet]:
            leaving: list[Packet] = []
            profile = stage.owner(packet)
            for changed in _staged(stage, packet, profile):
                leaving += network.pass_on(changed, profile)
            for one in leaving:
                stage.see(one, now, came_in=False)
            return leaving

        return mutate

    return maker


def media_in_maker(stage: Stage) -> MutatorMaker:
    """Writes RTP that comes in and lets the network spoil it."""

    def maker() -> Mutator:
        network = BadNetwork(stage, "media in")

        def mutate(packet: Packet, now: float) -> list[Packet]:
            return network.pass_on(packet, stage.see_media(packet, now, came_in=True))

        return mutate

    return maker


def media_out_maker(stage: Stage) -> MutatorMaker:
    """Lets the network spoil RTP that leaves, and writes what remains."""

    def maker() -> Mutator:
        network = BadNetwork(stage, "media out")

        def mutate(packet: Packet, now: float) -> list[Packet]:
            leaving = network.pass_on(packet, stage.media_owner(packet))
            for one in leaving:
                see = stage.see_media if is_rtp(one.data) else stage.see  # bytes that the director had sent
                see(one, now, came_in=False)
            return leaving

        return mutate

    return maker


def chained(first: MutatorMaker | None, second: MutatorMaker) -> MutatorMaker:
    """Two mutators, one behind the other."""
    if first is None:
        return second

    def maker() -> Mutator:
        one, other = first(), second()
        return lambda packet, now: [
            changed for between in one(packet, now) for changed in other(between, now)
        ]

    return maker


def is_rtp(data: bytes) -> bool:
    """Whether data looks like RTP or RTCP: version 2 (RFC 3550 section 5.1)."""
    return bool(data) and data[0] & 0xC0 == 0x80


def _heard(stage: Stage, packet: Packet, profile: str) -> list[Packet]:
    """What the trunk gets to know of a packet of the PBX."""
    data = packet.data
    directions = stage.directions(profile)
    if data.startswith((b"REGISTER ", b"INVITE ")):
        kind = "register" if data.startswith(b"REGISTER ") else "invite"
        wanted = directions.register_ if kind == "register" else directions.invite
        if wanted.silent and stage.is_meant(profile, kind, _identity(data), wanted.times):
            return []
    elif data.startswith(b"SIP/2.0 ") and directions.inbound.record_route and b"ecord-" in data:
        return [_without_record_route(packet)]  # the route of Record-Route would be the trunk itself
    return [packet]


def _identity(data: bytes) -> str:
    """What a request and its retransmissions have in common."""
    try:
        message = parse_message(data)
        return f"{message.call_id} {message.cseq.number}"
    except ParseError:
        return ""


def _without_record_route(packet: Packet) -> Packet:
    try:
        message = parse_message(packet.data)
    except ParseError:
        return packet
    message.headers.remove("Record-Route")
    return packet._replace(data=bytes(message))


def _staged(stage: Stage, packet: Packet, profile: str) -> list[Packet]:
    """A packet as the directions want it to leave."""
    directions = stage.directions(profile).invite
    if not packet.data.startswith(b"SIP/2.0 ") or not _changes_responses(directions):
        return [packet]
    try:
        response = parse_message(packet.data)
        if not isinstance(response, Response) or response.cseq.method != "INVITE" or response.status == 100:
            return [packet]
    except ParseError:
        return [packet]
    if response.status < 300:
        change_response(response, directions, packet.source, stage.domain)
    copies = directions.answer_copies if packet.data.startswith(SUCCESS) else 1
    return [packet._replace(data=bytes(response))] * copies


def _changes_responses(directions: InviteDirections) -> bool:
    wanted = (directions.record_route, directions.maddr, directions.headers, directions.answer_copies > 1)
    return any(wanted)


def change_response(response: Response, directions: InviteDirections, here: Hop, domain: str) -> None:
    """Put into a response of the trunk what the directions want there."""
    if directions.record_route:
        response.headers.add_first("Record-Route", record_route(here))
    if directions.maddr and "Contact" in response.headers:
        user = _user(response.contacts[0].uri)
        response.headers.set("Contact", maddr_contact(user, directions.maddr, here, domain))
    for name, value in directions.headers.items():
        response.headers.add(name, value)


def record_route(here: Hop) -> str:
    """The trunk as a loose router."""
    return f"<sip:{bracketed(here.host)}:{here.port};transport={here.transport};lr>"


def maddr_contact(user: str, maddr: bool | str, here: Hop, domain: str) -> str:
    """A Contact whose host leads elsewhere and whose maddr leads here."""
    host = maddr if isinstance(maddr, str) else domain
    address = f"{bracketed(host)}:{here.port};maddr={bracketed(here.host)};transport={here.transport}"
    return f"<sip:{user}@{address}>"


def _user(uri: object) -> str:
    return (uri.user or "") if isinstance(uri, SipUri) else ""
