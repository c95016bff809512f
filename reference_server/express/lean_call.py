"""What the lane remembers: calls that stand or have ended lately, and INVITEs that were challenged.

Only memory; `lane` acts and `handover` makes sessions and transactions of it.
"""

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from harness.sip.hop import Hop, Packet
from harness.ua.call import Call
from harness.ua.endpoint import MediaReply
from harness.ua.media_session import MediaSession
from reference_server.express.plan import Plan
from reference_server.live_call import LiveCall

if TYPE_CHECKING:
    from reference_server.express.lane import ExpressLane

Address = tuple[str, int]


class ChallengedInvite:
    """An INVITE that was answered with 407."""

    __slots__ = (
        "address",
        "at",
        "branch",
        "invite",
        "local",
        "response",
        "sent_by",
        "settled",
        "until",
        "way",
    )

    def __init__(
        self,
        invite: bytes,
        branch: bytes,
        sent_by: bytes,
        address: Address,
        way: Address,
        local: Hop,
        response: bytes,
        at: float,
    ) -> None:
        self.invite = invite
        self.branch = branch
        self.sent_by = sent_by
        self.address = address
        """Where it came from."""
        self.way = way
        """Where the response went."""
        self.local = local
        self.response = response
        self.at = at
        self.settled = False
        """Whether the ACK came, or the general way has it."""
        self.until: float | None = None
        """When its transaction ends, once the ACK came."""


class LeanCall:
    """One ordinary call."""

    __slots__ = (
        "acked", "address", "answered_at", "branch", "bye", "bye_branch", "bye_response", "bye_sent_by",
        "bye_way", "call_id", "cseq", "ended_at", "from_tag", "hop", "invite", "lane", "left_at", "live",
        "local", "media", "plan", "sent_by", "session_id", "settled", "started", "tag", "way", "with_timer",
    )  # fmt: skip

    def __init__(
        self,
        lane: "ExpressLane",
        live: LiveCall,
        plan: Plan,
        found: re.Match[bytes],
        cseq: int,
        tag: bytes,
        address: Address,
        way: Address,
        local: Hop,
        started: float,
    ) -> None:
        self.lane = lane
        self.live = live
        self.plan = plan
        self.invite: bytes = found.string
        self.branch, self.sent_by, self.call_id, self.from_tag = found.group(
            "branch", "sent_by", "call_id", "from_tag"
        )
        self.cseq = cseq
        self.tag = tag
        """Our To-tag."""
        self.address = address
        self.way = way
        self.local = local
        self.started = started
        self.with_timer = supports_timer(found["supported"])
        """Whether the caller supports session timers (RFC 4028)."""
        self.session_id = 0
        self.hop: Hop | None = None
        """Our RTP port; None after the end."""
        self.media: MediaSession | None = None
        """None as long as nobody needed it."""
        self.answered_at: float | None = None
        self.left_at: float | None = None
        """When the answer left, after its commit."""
        self.acked = False
        self.settled = False
        """Whether no ACK is waited for any more: it came, the call is over, or the general way has it."""
        self.ended_at: float | None = None
        self.bye = self.bye_branch = self.bye_sent_by = self.bye_response = b""
        self.bye_way = way

    def end(self, found: re.Match[bytes], response: bytes, way: Address, now: float) -> None:
        """Remembers the BYE and its answer."""
        self.ended_at, self.settled = now, True
        self.bye, self.bye_branch, self.bye_sent_by = found.string, found["branch"], found["sent_by"]
        self.bye_response, self.bye_way = response, way

    def hand_over(self) -> Call:
        """Makes it a session of the general way."""
        return self.lane.hand_over(self)

    # What a media port expects

    stream = None

    def receive(self, packet: Packet, now: float) -> None:
        """Takes the first packet of the RTP port; the media session takes all others."""
        self.lane.open_media(self, now).receive(packet, now)

    def receive_rtp(self, data: bytes, source: Address, now: float) -> MediaReply | None:
        """The same for drivers in a hurry."""
        return self.lane.open_media(self, now).receive_rtp(data, source, now)


@lru_cache(maxsize=256)
def supports_timer(supported: bytes | None) -> bool:
    """Whether a Supported header field names the extension of RFC 4028."""
    return supported is not None and b"timer" in [one.strip().lower() for one in supported.split(b",")]
