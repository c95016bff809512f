"""Offers, answers and what two descriptions agree on (RFC 3264), for one audio stream.

Further streams of a peer's offer are rejected with port 0. Reading SDP is `sdp`'s work, sending it SIP's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from harness.media.codec import CODECS, STATIC_CODECS, Codec, codec_named
from harness.media.errors import NoCommonCodec
from harness.media.sdp import (
    Connection,
    MediaDescription,
    Origin,
    SdpLine,
    SessionDescription,
    address_type,
)

DEFAULT_CODECS = ("PCMA", "PCMU", "telephone-event")
PROTOCOL = "RTP/AVP"
KNOWN_STREAMS = 512  # format lists that stay read; peers repeat theirs in every call
HELD_HOSTS = ("0.0.0.0", "::")  # the c= address that holds a stream, RFC 3264 section 8.4

MIRROR = {"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}
"""A direction as the other side says it (RFC 3264 section 6.1)."""


class MediaAddress(NamedTuple):
    """Where RTP is received."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Negotiated:
    """What both sides agreed on for the stream, as our side sees it."""

    codec: Codec
    payload_type: int
    """Of the packets we send: the peer's number for the codec."""
    receive_payload_type: int
    """Of the packets we get: our own number."""
    event_payload_type: int | None
    """Of the telephone-events we send; None when the peer takes none."""
    receive_event_payload_type: int | None
    remote_address: MediaAddress
    direction: str
    """Ours: ``sendonly`` means that we send and the peer listens."""
    ptime: int
    """Milliseconds in the packets we send."""

    @property
    def sends(self) -> bool:
        """Whether we may send media."""
        return self.direction in ("sendrecv", "sendonly")

    @property
    def receives(self) -> bool:
        """Whether the peer may send media."""
        return self.direction in ("sendrecv", "recvonly")

    @property
    def is_held(self) -> bool:
        """Whether either side holds the call."""
        return self.direction != "sendrecv"


def make_offer(
    local: MediaAddress,
    codecs: Iterable[str] = DEFAULT_CODECS,
    direction: str = "sendrecv",
    session_id: int | str = 1,
    version: int | str = 1,
    *,
    ptime: int | None = 20,
    name: str = "-",
    state_sendrecv: bool = True,
) -> SessionDescription:
    """Offer ``codecs`` in order of preference.

    To hold the old way (RFC 2543) give 0.0.0.0 as the local host. ``ptime`` None and ``state_sendrecv``
    False leave their lines out. Raises KeyError for a codec nobody knows.
    """
    known = [codec_named(each) for each in codecs]
    formats = {codec.payload_type: codec for codec in known}
    media = _describe_stream(local.port, formats, direction, ptime, state_sendrecv=state_sendrecv)
    return _describe_session(local.host, session_id, version, name, [media])


def make_answer(
    offer: SessionDescription,
    local: MediaAddress,
    codecs: Sequence[str] = DEFAULT_CODECS,
    direction: str = "sendrecv",
    session_id: int | str = 1,
    version: int | str = 1,
    *,
    ptime: int | None = 20,
    name: str = "-",
    state_sendrecv: bool = True,
) -> SessionDescription:
    """Answer ``offer`` with every codec in common, in the offer's order and under its payload types.

    ``direction`` is what we want; the answer is as much of it as the offer allows (RFC 3264 section 6.1).
    Raises `NoCommonCodec` when there are streams to accept but none that we can.
    """
    answers: list[MediaDescription] = []
    accepted = False
    for media in offer.media:
        common = {} if accepted else _common_codecs(media, codecs)
        if media.port == 0 or not common:
            answers.append(media.rejected())
            continue
        accepted = True
        allowed = meet_directions(direction, MIRROR[effective_direction(offer, media)])
        answers.append(_describe_stream(local.port, common, allowed, ptime, state_sendrecv=state_sendrecv))
    if not accepted and any(media.port for media in offer.media):
        raise NoCommonCodec(_offered_names(offer), tuple(codecs))
    answer = _describe_session(local.host, session_id, version, name, answers)
    return _with_times(answer, offer.times)


def continue_session(previous: SessionDescription, new: SessionDescription) -> SessionDescription:
    """``new`` as the next description of the session in which we sent ``previous`` (RFC 3264 section 8).

    Same session id; the version grows by one when anything changed. Streams of ``previous`` that ``new``
    does not know stay in their places, rejected.
    """
    if len(new.media) < len(previous.media):
        active = next((i for i, media in enumerate(previous.media) if media.port), 0)
        fresh = list(new.media)
        slots = [
            fresh.pop(0) if i == active and fresh else m.rejected() for i, m in enumerate(previous.media)
        ]
        new = new.with_media(slots)
    old, own = previous.origin, new.origin
    if old is None or own is None:
        return new
    same = own._replace(username=old.username, session_id=old.session_id, version=old.version)
    unchanged = new.with_origin(same)
    if str(unchanged) == str(previous):
        return unchanged
    following = str(int(old.version) + 1) if old.version.isdecimal() else old.version
    return new.with_origin(same._replace(version=following))


def negotiate(
    local: SessionDescription, remote: SessionDescription, *, local_is_answer: bool
) -> Negotiated | None:
    """What the last offer and answer agreed on; None when no audio stream is up.

    The codec to send is the first of the answer that is no event.
    """
    for ours, theirs in zip(local.media, remote.media, strict=False):
        if ours.kind != "audio" or not ours.port or not theirs.port:
            continue
        our_formats, their_formats = _formats(ours), _formats(theirs)
        answered = our_formats if local_is_answer else their_formats
        codec = next(
            (
                each
                for each in answered
                if not each.is_event and each in our_formats and each in their_formats
            ),
            None,
        )
        connection = remote.connection_of(theirs)
        if codec is None or connection is None:
            continue
        event = CODECS["telephone-event"]
        both = event in our_formats and event in their_formats
        return Negotiated(
            codec=codec,
            payload_type=their_formats[codec],
            receive_payload_type=our_formats[codec],
            event_payload_type=their_formats[event] if both else None,
            receive_event_payload_type=our_formats[event] if both else None,
            remote_address=MediaAddress(connection.host, theirs.port),
            direction=meet_directions(
                effective_direction(local, ours), MIRROR[effective_direction(remote, theirs)]
            ),
            ptime=theirs.ptime or 20,  # RFC 3551 section 4.5: 20 ms by default
        )
    return None


def effective_direction(description: SessionDescription, media: MediaDescription) -> str:
    """The direction as the describing side means it, the old hold included.

    c=0.0.0.0 says "send me nothing" (RFC 3264 section 8.4): sendrecv becomes sendonly.
    """
    direction = description.direction_of(media)
    connection = description.connection_of(media)
    if connection is not None and connection.host in HELD_HOSTS:
        return meet_directions(direction, "sendonly")
    return direction


def meet_directions(one: str, other: str) -> str:
    """As much as both allow, seen from the same side."""
    sends = all(each in ("sendrecv", "sendonly") for each in (one, other))
    receives = all(each in ("sendrecv", "recvonly") for each in (one, other))
    if sends:
        return "sendrecv" if receives else "sendonly"
    return "recvonly" if receives else "inactive"


def stream_codecs(media: MediaDescription) -> dict[int, str]:
    """Encoding names by payload type, in the stream's order; unknown static types by their number."""
    names: dict[int, str] = {}
    maps = media.rtpmaps
    for word in media.formats:
        if word.isascii() and word.isdigit() and len(word) <= 3:
            number = int(word)
            static = STATIC_CODECS.get(number)
            names[number] = maps[number].name if number in maps else static.name if static else word
    return names


def _formats(media: MediaDescription) -> Mapping[Codec, int]:
    """The codecs of a stream that we know, in its order, with their payload types."""
    return _read_formats(media.formats, media.lines[1:])


@lru_cache(maxsize=KNOWN_STREAMS)
def _read_formats(formats: tuple[str, ...], lines: tuple[SdpLine, ...]) -> Mapping[Codec, int]:
    """`_formats`, of the format words and the lines after m=, which a peer repeats from call to call."""
    media = MediaDescription((SdpLine("m", f"audio 0 {PROTOCOL} {' '.join(formats)}"), *lines))
    maps = media.rtpmaps
    found: dict[Codec, int] = {}
    for number, name in stream_codecs(media).items():
        codec = CODECS.get(name.lower())
        mapped = maps.get(number)
        if codec is None or (mapped is not None and (mapped.clock_rate, mapped.channels) != (8000, 1)):
            continue
        found.setdefault(codec, number)
    return MappingProxyType(found)


def _common_codecs(media: MediaDescription, codecs: Sequence[str]) -> dict[int, Codec]:
    """Payload type -> codec for what we share; empty when that is nothing, or events alone."""
    if media.kind != "audio" or media.protocol.upper() != PROTOCOL:
        return {}
    wanted = [codec_named(each) for each in codecs]
    common = {number: codec for codec, number in _formats(media).items() if codec in wanted}
    return common if any(not codec.is_event for codec in common.values()) else {}


def _describe_stream(
    port: int, formats: dict[int, Codec], direction: str, ptime: int | None, *, state_sendrecv: bool
) -> MediaDescription:
    words = " ".join(map(str, formats))
    attributes = _stream_attributes(tuple(formats.items()), direction, ptime, state_sendrecv)
    return MediaDescription((SdpLine("m", f"audio {port} {PROTOCOL} {words}"), *attributes))


@lru_cache(maxsize=KNOWN_STREAMS)
def _stream_attributes(
    formats: tuple[tuple[int, Codec], ...], direction: str, ptime: int | None, state_sendrecv: bool
) -> tuple[SdpLine, ...]:
    """The a= lines of a stream of ours."""
    attributes: list[str] = []
    for number, codec in formats:
        attributes.append(f"rtpmap:{number} {codec.name}/{codec.clock_rate}")
        if codec.format_parameters is not None:
            attributes.append(f"fmtp:{number} {codec.format_parameters}")
    if ptime is not None:
        attributes.append(f"ptime:{ptime}")
    if state_sendrecv or direction != "sendrecv":
        attributes.append(direction)
    return tuple(SdpLine("a", each) for each in attributes)


def _describe_session(
    host: str, session_id: int | str, version: int | str, name: str, media: Iterable[MediaDescription]
) -> SessionDescription:
    kind = address_type(host)
    origin = Origin("-", str(session_id), str(version), "IN", kind, host)
    return SessionDescription.build(origin, media, name=name, connection=Connection("IN", kind, host))


def _with_times(answer: SessionDescription, times: list[str]) -> SessionDescription:
    """An answer's t= line equals the offer's (RFC 3264 section 6)."""
    if not times or answer.origin is None:
        return answer
    return SessionDescription.build(
        answer.origin, answer.media, name=answer.name, connection=answer.connection, times=times
    )


def _offered_names(offer: SessionDescription) -> list[str]:
    return [
        f"{media.kind} {media.protocol} {name}"
        for media in offer.media
        for name in (stream_codecs(media).values() or media.formats)
    ]
