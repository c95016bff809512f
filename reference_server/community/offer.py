"""What of one side's session description concerns the other side of a bridge: direction and codecs.

Its addresses do not: each leg has its own. Whole descriptions are `harness.media.sdp`'s.
"""

from collections.abc import Sequence
from typing import NamedTuple

from harness.media.errors import SdpError
from harness.media.offer_answer import effective_direction, stream_codecs
from harness.media.sdp import SessionDescription


class Offer(NamedTuple):
    """An offer or an answer, as the other side may hear of it."""

    direction: str
    """As its writer means it: who says ``sendonly`` holds the other."""
    codecs: tuple[str, ...]
    """Those that the trunk speaks too, in the writer's order, telephone-event among them."""


def read_offer(body: bytes, known: Sequence[str]) -> Offer | None:
    """What a body says about its audio; None when it cannot be read, or no stream of it can be used.

    A description whose streams are all closed (port 0) is one that is inactive.
    """
    try:
        description = SessionDescription.parse(body)
    except SdpError:
        return None
    open_streams = [media for media in description.media if media.port]
    if not open_streams:
        return Offer("inactive", ())
    for media in open_streams:
        names = [name.lower() for name in stream_codecs(media).values()]
        common = [codec for codec in known if codec.lower() in names]
        if media.kind == "audio" and any(codec != "telephone-event" for codec in common):
            codecs = sorted(common, key=lambda codec: names.index(codec.lower()))
            return Offer(effective_direction(description, media), tuple(codecs))
    return None
