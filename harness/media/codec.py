"""The table of codecs: what SDP calls them and how many bytes a packet of theirs holds.

No sound is processed here: `g711` encodes and decodes, G.729 only passes through.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Codec:
    """One audio format of RTP/AVP (RFC 3551 section 6)."""

    name: str
    """Its encoding name in SDP, in the registered spelling."""
    payload_type: int
    """The static one, or the dynamic one that we offer."""
    clock_rate: int = 8000
    """RTP timestamp units a second."""
    bytes_per_second: int = 8000
    format_parameters: str | None = None
    """What our ``a=fmtp`` says."""
    is_event: bool = False
    """True for telephone-event, which needs another codec beside it."""

    def samples(self, ptime: int) -> int:
        """RTP timestamp units in ``ptime`` milliseconds."""
        return self.clock_rate * ptime // 1000

    def payload_size(self, ptime: int) -> int:
        """Bytes of payload in ``ptime`` milliseconds."""
        return self.bytes_per_second * ptime // 1000


PCMU = Codec("PCMU", 0)
PCMA = Codec("PCMA", 8)
G729 = Codec("G729", 18, bytes_per_second=1000, format_parameters="annexb=no")
TELEPHONE_EVENT = Codec("telephone-event", 101, bytes_per_second=0, format_parameters="0-15", is_event=True)

CODECS = {codec.name.lower(): codec for codec in (PCMU, PCMA, G729, TELEPHONE_EVENT)}
"""By lower-case encoding name."""

STATIC_CODECS = {codec.payload_type: codec for codec in (PCMU, PCMA, G729)}
"""By payload type, for streams without rtpmap (RFC 3551 table 4)."""


def codec_named(name: str) -> Codec:
    """The codec of an encoding name in any case; KeyError lists the known ones."""
    try:
        return CODECS[name.lower()]
    except KeyError:
        known = ", ".join(codec.name for codec in CODECS.values())
        raise KeyError(f"codec {name!r} is not known; write one of {known}") from None
