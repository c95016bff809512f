"""What the far end asks within a call: BYE, re-INVITE, UPDATE, INFO, OPTIONS and things we do not know.

Many PBXs send a re-INVITE right after the answer; a load generator that stayed silent would be the fault it
measures. Rare, so messages are built by `harness.sip` and descriptions by `harness.media`. Which call is
meant is `front_desk`'s work.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from harness.load.engine.answer_repeat import AnswerRepeat
from harness.load.engine.call_messages import DISCARD_PORT
from harness.media.errors import MediaError
from harness.media.offer_answer import MediaAddress, make_answer, make_offer
from harness.media.sdp import SessionDescription
from harness.sip.message import Request
from harness.sip.transaction import ServerTransaction

if TYPE_CHECKING:
    from harness.load.engine.call_audio import CallAudio
    from harness.load.engine.front_desk import FrontDesk
    from harness.load.engine.line import Line

ALLOWED = ("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "INFO", "UPDATE")
KNOWN = frozenset({"REGISTER", "REFER", "SUBSCRIBE", "NOTIFY", "MESSAGE", "PUBLISH", "PRACK"})
"""Methods that exist and are not for us: 405, where others get 501."""
SDP = ("Content-Type", "application/sdp")
ALLOW = ("Allow", ", ".join(ALLOWED))


class AnsweredCall(Protocol):
    """What a call must be for its far end's requests to be answered."""

    line: "Line"
    audio: "CallAudio | None"
    inside: "InsideRequests | None"

    @property
    def stands(self) -> bool:
        """Whether there is a confirmed dialog."""

    @property
    def local_tag(self) -> str:
        """Our tag."""

    @property
    def remote_tag(self) -> str:
        """The far end's tag."""

    def hung_up(self, now: float) -> None:
        """The far end sent BYE."""


class InsideRequests:
    """What one dialog must remember of its far end's requests."""

    __slots__ = ("cseq", "version")

    def __init__(self) -> None:
        self.cseq = -1
        """The highest CSeq number so far (RFC 3261 section 12.2.2)."""
        self.version = 1
        """Of our session description's o= line."""


def answer_request(
    desk: "FrontDesk", call: AnsweredCall, transaction: ServerTransaction, request: Request, now: float
) -> None:
    """Answer a request within the dialog of ``call``. Raises ParseError."""
    inside = call.inside
    if inside is None:
        inside = call.inside = InsideRequests()
    if request.cseq.number < inside.cseq:
        desk.respond(transaction, 500, now, headers=[("Retry-After", "1")])
        return
    inside.cseq = request.cseq.number
    match request.method:
        case "BYE":
            desk.respond(transaction, 200, now)
            call.hung_up(now)
        case "INVITE" | "UPDATE":
            _change_session(desk, call, inside, transaction, request, now)
        case "OPTIONS" | "INFO":
            desk.respond(transaction, 200, now, headers=[ALLOW, ("Accept", "application/sdp")])
        case method:
            desk.respond(transaction, 405 if method in KNOWN else 501, now, headers=[ALLOW])


def _change_session(
    desk: "FrontDesk",
    call: AnsweredCall,
    inside: InsideRequests,
    transaction: ServerTransaction,
    request: Request,
    now: float,
) -> None:
    """A re-INVITE or UPDATE: answer its offer, or offer when a re-INVITE does not (RFC 3261 14.2)."""
    offers = bool(request.body)
    body = b""
    if offers or request.method == "INVITE":
        inside.version += 1
        try:
            body = describe(call, request.body, inside.version)
        except MediaError as error:
            warning = f'304 {call.line.engine.local.host} "{str(error)[:200]}"'
            desk.respond(transaction, 488, now, headers=[("Warning", warning)])
            return
    headers = [("Contact", call.line.wording.contact.decode()), ALLOW, *([SDP] if body else [])]
    if request.method == "UPDATE":
        desk.respond(transaction, 200, now, headers=headers, body=body)
    else:
        response = request.response(200, to_tag=call.local_tag, headers=headers, body=body)
        desk.await_ack(AnswerRepeat(desk, transaction, response, now))
    if offers and call.audio is not None:
        call.audio.move(request.body, now)


def describe(call: AnsweredCall, offer: bytes, version: int = 1) -> bytes:
    """Our session description: the answer to an offer, or an offer of our own when there is none.

    Raises MediaError.
    """
    port = DISCARD_PORT if call.audio is None else call.audio.port
    here = MediaAddress(call.line.engine.local.host, port)
    if not offer:
        return bytes(make_offer(here, version=version))
    return bytes(make_answer(SessionDescription.parse(offer), here, version=version))


def sdp_headers(body: bytes) -> Sequence[tuple[str, str]]:
    """The header field that a session description needs."""
    return (SDP,) if body else ()
