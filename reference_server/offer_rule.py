"""The offer rule: an INVITE offers a codec that the trunk speaks, or the call does not begin.

Answering the offer is the session's work (`harness.ua`, `harness.media.offer_answer`); asking first keeps a
far end from ringing for a call that cannot be.
"""

from harness.media.codec import CODECS
from harness.media.errors import MediaError, NoCommonCodec
from harness.media.offer_answer import MediaAddress, make_answer
from harness.media.sdp import SessionDescription
from harness.sip.message import Request
from harness.ua.call_media import sdp_of
from reference_server.dialect import Dialect
from reference_server.refusal import Refusals

_NOWHERE = MediaAddress("127.0.0.1", 9)
_AUDIO = b"m=audio "
_PROFILE = b"RTP/AVP"


class OfferRule:
    """The offer rule in the words of a dialect."""

    def __init__(self, dialect: Dialect, refusals: Refusals) -> None:
        self._refusals = refusals
        self._codecs = dialect.media.codecs
        self._static = frozenset(
            str(CODECS[name.lower()].payload_type).encode()
            for name in self._codecs
            if CODECS[name.lower()].payload_type < 96
        )

    def check(self, request: Request) -> None:
        """Raises `Refused`: 488 without a common codec, 400 for a description that cannot be read."""
        body = sdp_of(request)
        if body is None or self.offers_plainly(body):
            return
        try:
            make_answer(SessionDescription.parse(body), _NOWHERE, self._codecs)
        except NoCommonCodec as error:
            codecs = ", ".join(self._codecs)
            raise self._refusals.refuse("not_acceptable", str(error), codecs=codecs) from None
        except MediaError as error:
            raise self._refusals.refuse("malformed", str(error), reason="Bad session description") from None

    def offers_plainly(self, body: bytes) -> bool:
        """Whether one look at the first audio line tells that there is a common codec."""
        start = body.find(_AUDIO)
        if start < 0:
            return False
        line = body[start : body.find(b"\n", start)].split()
        if line[1:2] == [b"0"] or line[2:3] != [_PROFILE]:
            return False
        return any(number in self._static for number in line[3:])
