"""What must stay the same when another machine carried a call so far and `call.Call` goes on with it.

Only data; `call.incoming_call` takes it. Who hands calls over is `reference_server.express`.
"""

from typing import NamedTuple

from harness.sip.hop import Hop
from harness.ua.media_session import MediaSession


class ContinuedCall(NamedTuple):
    """Names and media that the other side has seen already."""

    local_tag: str
    session_id: int
    """Of our session description."""
    media_hop: Hop | None
    """Our RTP address; None: none was asked for yet."""
    media: MediaSession | None
    """The RTP that flows already."""
