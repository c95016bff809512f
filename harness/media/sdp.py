"""START HERE for SDP: session descriptions, read without losing a byte, and built (RFC 4566).

A description keeps its lines as they came; everything else is a view on them. Which streams and codecs two
sides agree on is `offer_answer`'s work.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from harness.media.errors import SdpError

DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")


class SdpLine(NamedTuple):
    """``type=value`` and how the line ended."""

    type: str
    """One letter; empty for an empty line, which only lenient senders leave."""
    value: str
    ending: str = "\r\n"

    def __str__(self) -> str:
        return f"{self.type}={self.value}{self.ending}" if self.type else f"{self.value}{self.ending}"


class Origin(NamedTuple):
    """The o= line (RFC 4566 section 5.2)."""

    username: str
    session_id: str
    version: str
    network_type: str
    address_type: str
    host: str

    def __str__(self) -> str:
        return " ".join(self)


class Connection(NamedTuple):
    """The c= line (RFC 4566 section 5.7)."""

    network_type: str
    address_type: str
    address: str
    """As it came, a multicast TTL included."""

    @property
    def host(self) -> str:
        """The address alone."""
        return self.address.partition("/")[0]

    def __str__(self) -> str:
        return " ".join(self)


class RtpMap(NamedTuple):
    """What a payload type stands for (RFC 4566 section 6, ``a=rtpmap``)."""

    name: str
    clock_rate: int
    channels: int = 1


class _Lines:
    """Views that a session and its media share."""

    __slots__ = ()
    lines: tuple[SdpLine, ...]

    def values(self, type: str) -> list[str]:
        """The values of all lines of one type, in order."""
        return [line.value for line in self.lines if line.type == type]

    @property
    def attributes(self) -> list[tuple[str, str | None]]:
        """``a=`` lines as name and value; None for a flag."""
        found: list[tuple[str, str | None]] = []
        for line in self.lines:
            if line.type == "a":
                name, colon, value = line.value.partition(":")
                found.append((name.strip(), value.strip() if colon else None))
        return found

    def attribute(self, name: str) -> str | None:
        """The value of the first attribute ``name``; empty for a flag, None when it is not there."""
        for each, value in self.attributes:
            if each == name:
                return value or ""
        return None

    @property
    def direction(self) -> str | None:
        """The direction attribute at this level."""
        for line in self.lines:
            if line.type == "a" and line.value.strip() in DIRECTIONS:
                return line.value.strip()
        return None

    @property
    def connection(self) -> Connection | None:
        """The first c= line at this level."""
        for value in self.values("c"):
            return Connection(*value.split())
        return None


@dataclass(frozen=True, slots=True)
class MediaDescription(_Lines):
    """An m= line and what follows it."""

    lines: tuple[SdpLine, ...]

    @classmethod
    def build(
        cls,
        kind: str,
        port: int,
        protocol: str,
        formats: Iterable[str | int],
        attributes: Iterable[tuple[str, str | None]] = (),
        connection: Connection | None = None,
    ) -> "MediaDescription":
        """A new one; ``attributes`` as `attributes` shows them."""
        words = " ".join(str(each) for each in formats)
        lines = [SdpLine("m", f"{kind} {port} {protocol} {words}")]
        if connection is not None:
            lines.append(SdpLine("c", str(connection)))
        lines += [SdpLine("a", name if value is None else f"{name}:{value}") for name, value in attributes]
        return cls(tuple(lines))

    @property
    def _words(self) -> list[str]:
        return self.lines[0].value.split()

    @property
    def kind(self) -> str:
        """``audio``, ``video``, ``image`` ..."""
        return self._words[0]

    @property
    def port(self) -> int:
        """0 for a rejected or ended stream."""
        return int(self._words[1].partition("/")[0])

    @property
    def protocol(self) -> str:
        """``RTP/AVP``, ``RTP/SAVP``, ``udptl`` ..."""
        return self._words[2]

    @property
    def formats(self) -> tuple[str, ...]:
        """Payload types as words, in the sender's order of preference."""
        return tuple(self._words[3:])

    @property
    def rtpmaps(self) -> dict[int, RtpMap]:
        """By payload type; rtpmap lines that cannot be read are left out."""
        found: dict[int, RtpMap] = {}
        for name, value in self.attributes:
            if name == "rtpmap" and value:
                payload_type, _, mapping = value.partition(" ")
                encoding, _, rest = mapping.strip().partition("/")
                rate, _, channels = rest.partition("/")
                if _is_number(payload_type) and _is_number(rate):
                    count = int(channels) if _is_number(channels) else 1
                    found.setdefault(int(payload_type), RtpMap(encoding, int(rate), count))
        return found

    @property
    def format_parameters(self) -> dict[int, str]:
        """``a=fmtp`` by payload type."""
        found: dict[int, str] = {}
        for name, value in self.attributes:
            if name == "fmtp" and value:
                payload_type, _, parameters = value.partition(" ")
                if _is_number(payload_type):
                    found.setdefault(int(payload_type), parameters.strip())
        return found

    @property
    def ptime(self) -> int | None:
        """Milliseconds of media the sender wants in a packet."""
        value = self.attribute("ptime")
        return int(value) if value and _is_number(value) else None

    def rejected(self) -> "MediaDescription":
        """The same stream with port 0 and nothing else (RFC 3264 section 6)."""
        return MediaDescription.build(self.kind, 0, self.protocol, self.formats)


@dataclass(frozen=True, slots=True)
class SessionDescription(_Lines):
    """A whole description: the session's lines, then each stream."""

    lines: tuple[SdpLine, ...]
    media: tuple[MediaDescription, ...] = ()

    @classmethod
    def parse(cls, data: bytes) -> "SessionDescription":
        """Read ``data``; bare LF, a missing last line end and empty lines are borne.

        Raises `SdpError` for a line that is not ``letter=value`` and for unreadable v=, o=, c= and m= lines.
        """
        groups: list[list[SdpLine]] = [[]]
        for number, line in enumerate(_split_lines(data.decode("utf-8", "surrogateescape")), 1):
            _check(number, line)
            if line.type == "m":
                groups.append([])
            groups[-1].append(line)
        return cls(tuple(groups[0]), tuple(MediaDescription(tuple(group)) for group in groups[1:]))

    @classmethod
    def build(
        cls,
        origin: Origin,
        media: Iterable[MediaDescription],
        *,
        name: str = "-",
        connection: Connection | None = None,
        times: Iterable[str] = ("0 0",),
        attributes: Iterable[tuple[str, str | None]] = (),
    ) -> "SessionDescription":
        """A new one, its lines in the order of RFC 4566 section 5."""
        lines = [SdpLine("v", "0"), SdpLine("o", str(origin)), SdpLine("s", name)]
        if connection is not None:
            lines.append(SdpLine("c", str(connection)))
        lines += [SdpLine("t", time) for time in times]
        lines += [SdpLine("a", key if value is None else f"{key}:{value}") for key, value in attributes]
        return cls(tuple(lines), tuple(media))

    def __bytes__(self) -> bytes:
        return str(self).encode("utf-8", "surrogateescape")

    def __str__(self) -> str:
        parts = [str(line) for line in self.lines]
        for media in self.media:
            parts.extend(str(line) for line in media.lines)
        return "".join(parts)

    @property
    def origin(self) -> Origin | None:
        """The o= line."""
        for value in self.values("o"):
            return Origin(*value.split())
        return None

    @property
    def name(self) -> str:
        """The s= line; empty when there is none."""
        return next(iter(self.values("s")), "")

    @property
    def times(self) -> list[str]:
        """The t= lines, which an answer copies."""
        return self.values("t")

    def connection_of(self, media: MediaDescription) -> Connection | None:
        """The stream's own c= line, or the session's."""
        return media.connection or self.connection

    def direction_of(self, media: MediaDescription) -> str:
        """The stream's direction: its own, the session's, or sendrecv (RFC 4566 section 6)."""
        return media.direction or self.direction or "sendrecv"

    def with_origin(self, origin: Origin) -> "SessionDescription":
        """The same description under another o= line."""
        lines = (SdpLine("o", str(origin), each.ending) if each.type == "o" else each for each in self.lines)
        return replace(self, lines=tuple(lines))

    def with_media(self, media: Iterable[MediaDescription]) -> "SessionDescription":
        """The same session with other streams."""
        return replace(self, media=tuple(media))


def address_type(host: str) -> str:
    """``IP6`` for an IPv6 literal, else ``IP4``."""
    return "IP6" if ":" in host else "IP4"


def _split_lines(text: str) -> list[SdpLine]:
    """All lines with their endings; only LF ends a line, with or without CR before it."""
    lines: list[SdpLine] = []
    pieces = text.split("\n")
    for number, raw in enumerate(pieces, 1):
        is_last = number == len(pieces)
        if is_last and not raw:
            break
        content, ending = raw, "" if is_last else "\n"
        if not is_last and raw.endswith("\r"):
            content, ending = raw[:-1], "\r\n"
        if not content.strip():
            lines.append(SdpLine("", content, ending))
            continue
        if len(content) < 2 or content[1] != "=" or not (content[0].isascii() and content[0].isalpha()):
            raise SdpError(number, content, "a letter, an equals sign and a value")
        lines.append(SdpLine(content[0], content[2:], ending))
    if not lines:
        raise SdpError(1, text, "v=0")
    return lines


def _check(number: int, line: SdpLine) -> None:
    """Raise `SdpError` unless every view of the line can be read."""
    if number == 1 and (line.type, line.value.strip()) != ("v", "0"):
        raise SdpError(number, str(line).strip(), "v=0")
    if line.type == "o" and len(line.value.split()) != len(Origin._fields):
        raise SdpError(number, f"o={line.value}", "o=USER ID VERSION IN IP4|IP6 ADDRESS")
    if line.type == "c" and len(line.value.split()) != len(Connection._fields):
        raise SdpError(number, f"c={line.value}", "c=IN IP4|IP6 ADDRESS")
    if line.type == "m":
        words = line.value.split()
        if len(words) < 4 or not _is_port(words[1]):
            raise SdpError(number, f"m={line.value}", "m=KIND PORT PROTOCOL FORMAT..., the port 0 to 65535")


def _is_port(word: str) -> bool:
    port, slash, count = word.partition("/")
    return _is_number(port) and int(port) <= 65535 and (not slash or _is_number(count))


def _is_number(text: str) -> bool:
    """Digits, and few enough to be a number of SDP."""
    return text.isascii() and text.isdigit() and len(text) <= 10
