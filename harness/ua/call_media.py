"""The SDP of one call and the media session that follows from it: offers, answers, hold.

The offer/answer rules are `harness.media.offer_answer`'s, RTP is `media_session`'s, the messages that carry
SDP are the call's other parts'.
"""

from typing import TYPE_CHECKING

from harness.media.errors import MediaError, SdpError
from harness.media.offer_answer import (
    MediaAddress,
    Negotiated,
    continue_session,
    make_answer,
    make_offer,
    negotiate,
)
from harness.media.sdp import SessionDescription
from harness.sip.errors import ParseError
from harness.sip.hop import Hop
from harness.sip.message import Message
from harness.ua.call_options import CallOptions
from harness.ua.continued_call import ContinuedCall
from harness.ua.early_media import EarlyMedia
from harness.ua.endpoint import Endpoint
from harness.ua.media_session import DtmfAction, MediaSession
from harness.ua.repeated_offer import answer_repeated

if TYPE_CHECKING:
    from harness.ua.call import Call

SDP_TYPE = "application/sdp"


class CallMedia:
    """What one call has offered, answered and agreed on."""

    def __init__(self, call: "Call") -> None:
        self._call = call
        self.session: MediaSession | None = None
        """The RTP of the call; None before anything was agreed on."""
        self.agreed: Negotiated | None = None
        self.problem: str | None = None
        """Why the other side's last SDP could not be used."""
        self._remote: SessionDescription | bytes | None = None
        self._hop: Hop | None = None
        self._early: EarlyMedia | None = None
        self._session_id = call.endpoint.rng.getrandbits(31)
        self._offer: SessionDescription | None = None
        self._last_sent: SessionDescription | bytes | None = None
        self.wanted = call.options.direction
        """The direction that we want: of our next offer, and of our answers as far as offers allow."""
        self._wanted_before = self.wanted

    @property
    def offering(self) -> bool:
        """Whether an offer of ours has no answer yet."""
        return self._offer is not None

    @property
    def local_hop(self) -> Hop:
        """Our RTP address; asks for one the first time."""
        if self._hop is None:
            self._hop = self._call.endpoint.media_address()
        return self._hop

    def reserve(self) -> None:
        """Ask for our RTP address now, so that the call need not fail for it later. Raises `NoMediaPort`."""
        self._hop = self.local_hop

    @property
    def remote(self) -> SessionDescription | None:
        """The other side's last description."""
        if isinstance(self._remote, bytes):
            self._remote = SessionDescription.parse(self._remote)
        return self._remote

    def continue_as(self, continued: ContinuedCall) -> None:
        """Go on with the session and the port of a call that somebody else carried so far."""
        self._session_id = continued.session_id
        self._hop = continued.media_hop
        self.session = continued.media

    # Our offers

    def make_offer(self, direction: str | None = None) -> bytes:
        """An offer with the direction that is wanted now, or from now on."""
        self._wanted_before = self.wanted
        if direction is not None:
            self.wanted = direction
        offer = make_offer(self._local_address(), self._call.options.codecs, self.wanted, self._session_id)
        self._offer = self._sent(offer)
        if self.session is None and self._early is None:
            self._early = EarlyMedia(self.local_hop)
            for hop in (self.local_hop, rtcp_hop(self.local_hop)):
                self._call.endpoint.media_receivers[hop] = self._early
        return bytes(self._offer)

    def take_own_offer(self, body: bytes) -> None:
        """Note an offer that somebody else wrote for us; one that cannot be read is none."""
        try:
            self._offer = SessionDescription.parse(body)
        except SdpError:
            self._offer = None

    def take_answer(self, body: bytes, now: float, *, keep_open: bool = False) -> None:
        """Take the answer to our offer; ``keep_open`` when a later one may repeat it (an unreliable 183)."""
        offer = self._offer
        if not keep_open:
            self._offer = None
        if offer is None:
            return
        try:
            self._remote = remote = SessionDescription.parse(body)
        except SdpError as error:
            self.problem = str(error)
            return
        self._agree(negotiate(offer, remote, local_is_answer=False), now)

    def withdraw(self) -> None:
        """Our offer was refused: what was agreed on before stays (RFC 3261 section 14.1)."""
        if self._offer is not None:
            self._offer = None
            self.wanted = self._wanted_before

    def settle(self) -> None:
        """The 2xx came without SDP: what a reliable response answered stands."""
        self._offer = None

    # Their offers

    def answer_offer_strictly(self, body: bytes, now: float) -> bytes:
        """Our answer to an offer. Raises `MediaError`: no codec in common, or SDP that cannot be read."""
        local, codecs = self._local_address(), self._call.options.codecs
        if self._last_sent is None:  # later answers continue a session: their version counts
            repeated = answer_repeated(body, local, codecs, self.wanted, self._session_id)
            if repeated is not None:
                self._remote, self._last_sent = body, repeated.body
                self._agree(repeated.agreed, now)
                return repeated.body
        offer = SessionDescription.parse(body)
        answer = self._sent(make_answer(offer, local, codecs, self.wanted, self._session_id))
        self._remote = offer
        self._agree(negotiate(answer, offer, local_is_answer=True), now)
        return bytes(answer)

    def answer_offer(self, body: bytes, now: float) -> bytes | None:
        """The same, with None and `problem` instead of an exception."""
        try:
            return self.answer_offer_strictly(body, now)
        except MediaError as error:
            self.problem = str(error)
            return None

    def take_remote(self, body: bytes | None, now: float) -> None:
        """Take an offer whose answer somebody else wrote for us (`CallOptions.sdp`)."""
        try:
            self._remote = remote = SessionDescription.parse(body or b"")
            answer = SessionDescription.parse(self._call.options.sdp or b"")
        except SdpError as error:
            self.problem = str(error)
            return
        self._agree(negotiate(answer, remote, local_is_answer=True), now)

    # The end

    def stop(self, now: float) -> None:
        """Send no more RTP."""
        if self.session is not None:
            self.session.stop(now)

    def release(self) -> None:
        """Give the port back."""
        if self._hop is None:
            return
        for hop in (self._hop, rtcp_hop(self._hop)):
            self._call.endpoint.media_receivers.pop(hop, None)
        self._call.endpoint.release_media(self._hop)
        self._hop = None

    # Below

    def _local_address(self) -> MediaAddress:
        return MediaAddress(self.local_hop.host, self.local_hop.port)

    def _sent(self, description: SessionDescription) -> SessionDescription:
        last = self._last_sent
        if isinstance(last, bytes):
            last = SessionDescription.parse(last)
        if last is not None:
            description = continue_session(last, description)
        self._last_sent = description
        return description

    def _agree(self, agreed: Negotiated | None, now: float) -> None:
        self.agreed = agreed
        if self.session is None:
            if agreed is None:
                return
            self.session = self._open_session()
            if self._call.on_media is not None:
                self._call.on_media(self._call, self.session)
        self.session.update(agreed, now)
        if self._early is not None:
            self._early.hand_over(self.session)
            self._early = None

    def _open_session(self) -> MediaSession:
        call = self._call
        return open_session(call.endpoint, self.local_hop, call.options, on_dtmf=self._tell_digit)

    def _tell_digit(self, digit: str, now: float) -> None:
        call = self._call
        if call.on_dtmf is not None:
            call.on_dtmf(call, digit, now)


def open_session(
    endpoint: Endpoint, hop: Hop, options: CallOptions, *, on_dtmf: DtmfAction | None = None
) -> MediaSession:
    """The RTP of a call at a port of ours, which receives from now on and sends once that is agreed."""
    session = MediaSession(
        endpoint,
        hop,
        source=options.media,
        rtcp=options.rtcp,
        on_dtmf=on_dtmf,
        keeps_sound=options.keep_sound,
    )
    endpoint.media_receivers[hop] = session
    endpoint.media_receivers[rtcp_hop(hop)] = session
    return session


def rtcp_hop(rtp: Hop) -> Hop:
    """The next higher port (RFC 3550 section 11)."""
    return Hop(rtp.transport, rtp.host, rtp.port + 1)


def sdp_of(message: Message) -> bytes | None:
    """The SDP of a message, also inside a multipart body; None when there is none."""
    if not message.body:
        return None
    if message.media_type in (SDP_TYPE, None):
        return message.body
    try:
        parts = message.parts
    except ParseError:
        return None
    return next((part.body for part in parts if part.content_type.lower().startswith(SDP_TYPE)), None)
