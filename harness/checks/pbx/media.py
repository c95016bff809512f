"""Media between PBX and trunk: codecs in the offer, both directions, and where the packets come from.

A capture may hold signalling alone; then nothing is observed here. Which packets belong to a call is told by
the addresses in its session descriptions, those of re-INVITEs included. How it sounds is `harness.media`'s.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from harness.capture.sip_glance import media_addresses
from harness.checks.media import audio_of, encodings
from harness.checks.pbx.call import Call
from harness.checks.pbx.leg_message import LegMessage
from harness.checks.pbx.registry import judges_pbx
from harness.checks.pbx.ruling import Sight
from harness.checks.pbx.trunk_leg import TrunkLeg
from harness.media.errors import SdpError
from harness.media.sdp import MediaDescription

LEAST = 20
"""RTP packets in a direction that are too few to be heard: 0.4 s at 20 ms each."""
SHORTEST = 1.0
"""Seconds from answer to end that a call must last to be judged by its media."""
TRUNK_CODECS = frozenset({"PCMU/8000", "PCMA/8000", "G729/8000"})
"""What the trunk speaks."""


class Heard(NamedTuple):
    """The RTP of one call."""

    to_trunk: int
    """Packets that arrived at addresses the trunk announced."""
    from_trunk: int
    """Packets that left those, or arrived at addresses the PBX announced."""
    sources: tuple[str, ...]
    """Hosts that the packets to the trunk came from."""
    announced: tuple[str, ...]
    """Hosts in the PBX's session descriptions."""


@judges_pbx("media.pbx-two-way", "no answered call with its media in the trace")
def hears_and_speaks(leg: TrunkLeg) -> Iterator[Sight | None]:
    """In an answered call audio goes both ways."""
    for call in leg.calls:
        answer, description = call.answer, _description(call)
        if answer is None or description is None or _talk(call) < SHORTEST or _is_silenced(call):
            continue
        heard = heard_in(leg, call)
        if heard.from_trunk <= LEAST:
            continue
        seen = f"{heard.to_trunk} RTP packets to the trunk, {heard.from_trunk} from it"
        yield Sight(heard.to_trunk > LEAST, seen, description, "m=")


@judges_pbx("media.pbx-source-address", "no media of the PBX in the trace")
def sends_from_where_it_listens(leg: TrunkLeg) -> Iterator[Sight | None]:
    """RTP comes from an address that the PBX announced."""
    for call in leg.calls:
        description = _description(call)
        if call.answer is None or description is None:
            continue
        heard = heard_in(leg, call)
        if not heard.sources:
            continue
        foreign = [host for host in heard.sources if host not in heard.announced]
        told = f"SDP announces {', '.join(heard.announced)}"
        seen = f"RTP came from {', '.join(foreign or heard.sources)}, {told}"
        yield Sight(not foreign, seen, description, "c=")


@judges_pbx("media.pbx-codec", "no call of the PBX with a session description")
def offers_a_codec_of_the_trunk(leg: TrunkLeg) -> Iterator[Sight | None]:
    """The offer holds G.711, or G.729 at least."""
    for call in leg.outbound:
        audio = _audio(call.invite)
        if audio is None or audio.port == 0:
            continue
        names = [name for name in encodings(audio).values() if not name.startswith("TELEPHONE-EVENT")]
        yield Sight(bool(TRUNK_CODECS & set(names)), f"offered {', '.join(names)}", call.invite, "m=")


def heard_in(leg: TrunkLeg, call: Call) -> Heard:
    """The RTP that belongs to a call by its addresses and its time."""
    ours = _addresses(each for each in call.messages if each.from_pbx)
    trunk = _addresses(each for each in call.messages if not each.from_pbx) - ours
    first, last = call.invite.time, call.messages[-1].time
    to_trunk, from_trunk = 0, 0
    sources: dict[str, None] = {}
    for _, source, destination in leg.rtp_between(first, last):
        if destination in trunk:
            to_trunk += 1
            sources.setdefault(source[0])
        elif source in trunk or destination in ours:
            from_trunk += 1
    return Heard(to_trunk, from_trunk, tuple(sources), tuple(sorted({host for host, _ in ours})))


def _addresses(messages: Iterable[LegMessage]) -> set[tuple[str, int]]:
    return {address for each in messages for address in media_addresses(each.traced.packet.data)}


def _talk(call: Call) -> float:
    """Seconds from the answer to the first BYE, or to the last message."""
    if call.answer is None:
        return 0.0
    end = call.byes[0].time if call.byes else call.messages[-1].time
    return end - call.answer.time


def _description(call: Call) -> LegMessage | None:
    """The PBX's first message with a session description."""
    return next((each for each in call.messages if each.from_pbx and _audio(each) is not None), None)


def _is_silenced(call: Call) -> bool:
    """Whether the PBX may be silent by agreement: somebody said so in a session description."""
    streams = [(each.from_pbx, audio) for each in call.messages if (audio := _audio(each)) is not None]
    return any(
        stream.direction in (("recvonly", "inactive") if ours else ("sendonly", "inactive"))
        for ours, stream in streams
    )


def _audio(each: LegMessage) -> MediaDescription | None:
    try:
        return audio_of(each.message)
    except SdpError:
        return None
