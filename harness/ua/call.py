"""START HERE for calls: one INVITE session, on either side, as a state machine over a transaction layer.

A call needs an `endpoint.Endpoint` and nothing else: a phone's calls and a trunk's far ends are the same
class. It does no I/O; what comes in is handed to `receive_event`, timers are the endpoint's.

Its parts: `outgoing` and `incoming` set the session up, `in_dialog_requests` sends and `in_dialog_answers`
answers requests inside it, `modification` changes it, `session_refresh` keeps it alive, `call_media` holds
its SDP and RTP, `call_state` is the table of its states.
"""

from collections.abc import Callable, Sequence

from harness.sip.credential_store import CredentialStore
from harness.sip.dialog import Dialog
from harness.sip.errors import LocalError, ParseError
from harness.sip.hop import Hop, Packet
from harness.sip.location import NoRoute, is_numeric, next_hops
from harness.sip.message import Request, Response
from harness.sip.timers import TimerHandle
from harness.sip.transaction_events import (
    AckReceived,
    CancelReceived,
    RequestReceived,
    ResponseReceived,
    TransactionEvent,
    TransactionTimedOut,
    TransportFailed,
)
from harness.sip.uri import SipUri
from harness.ua.account import Account
from harness.ua.call_media import CallMedia
from harness.ua.call_options import CallOptions
from harness.ua.call_state import CallInput, CallState, ImpossibleStep, next_state
from harness.ua.continued_call import ContinuedCall
from harness.ua.endpoint import Endpoint, TimedAction
from harness.ua.exchange import Exchange, Exchanged
from harness.ua.in_dialog_answers import InDialogAnswers
from harness.ua.in_dialog_requests import InDialogRequests
from harness.ua.incoming import IncomingSide
from harness.ua.media_session import MediaSession
from harness.ua.modification import Modification
from harness.ua.outgoing import OutgoingSide
from harness.ua.session_refresh import SessionRefresh


class Call:
    """One INVITE session. Make it with `outgoing_call` or `incoming_call`."""

    def __init__(
        self, endpoint: Endpoint, options: CallOptions, direction: str, call_id: str, peer: Hop, now: float
    ) -> None:
        self.endpoint = endpoint
        self.options = options
        self.direction = direction
        """``outgoing`` or ``incoming``."""
        self.call_id = call_id
        self.local_tag = endpoint.new_tag()
        self.peer = peer
        """Where the last packet came from; before that, where the first one goes."""
        self.state = CallState.CALLING
        self.status: int | None = None
        """Status of the final response to the INVITE; None as long as there is none."""
        self.ended_by: str | None = None
        """``local``, ``remote`` or ``timeout``; None while the call lasts."""
        self.end_reason = ""
        self.was_answered = False
        """Whether the call ever stood: a 2xx came, or ours has its ACK."""
        self.unreachable: Hop | None = None
        """The hop that the network refused."""
        self.answer_message: Response | None = None
        """The 2xx, sent or received."""
        self.credentials: CredentialStore | None = None
        """What challenges are answered with; None: they are not."""
        self.dialog: Dialog | None = None
        """The confirmed dialog, or the latest early one."""
        self.history: list[Exchanged] = []
        """All messages but retransmissions, both ways, in order."""
        self.started = now
        self.answered_at: float | None = None
        self.ended_at: float | None = None
        self.on_state: Callable[[Call, float], None] | None = None
        """Called after each change of state."""
        self.on_dtmf: Callable[[Call, str, float], None] | None = None
        """Called with each telephone-event digit that came in."""
        self.on_progress: Callable[[Call, Response, float], None] | None = None
        """Called with each provisional response above 100 that came in, repetitions left out."""
        self.on_media: Callable[[Call, MediaSession], None] | None = None
        """Called with the RTP of the call as soon as it is open."""
        self.bye_headers: Sequence[tuple[str, str]] = ()
        """Header fields that our BYE carries besides its own, such as Reason (RFC 3326)."""
        self.timers: dict[str, TimerHandle] = {}
        self.media_control = CallMedia(self)
        self.requests = InDialogRequests(self)
        self.answers = InDialogAnswers(self)
        self.modification = Modification(self)
        self.refresh = SessionRefresh(self)
        self.outgoing: OutgoingSide | None = None
        self.incoming: IncomingSide | None = None

    # What is known

    @property
    def invite(self) -> Request:
        """The last INVITE that was to set up this call."""
        side = self.outgoing or self.incoming
        assert side is not None
        return side.request

    @property
    def media(self) -> MediaSession | None:
        """RTP of the call; None before addresses were exchanged."""
        return self.media_control.session

    @property
    def modifying(self) -> bool:
        """Whether a re-INVITE or UPDATE of ours waits for its end, its repetition after a 491 included."""
        return self.modification.active

    @property
    def modification_status(self) -> int | None:
        """Status of the last final response to a re-INVITE or UPDATE of ours."""
        return self.modification.status

    @property
    def ended(self) -> bool:
        """Whether nothing remains to be waited for: the call is over and what it sent has been answered."""
        if self.state is not CallState.ENDED or self.requests.pending:
            return False
        side = self.incoming or self.outgoing
        return side is None or side.at_rest

    # What an owner does

    def cancel(self, now: float) -> None:
        """Give up an outgoing call before its answer. Raises `ImpossibleStep`."""
        if self.outgoing is None or self.state in (CallState.ANSWERED, CallState.ENDED):
            raise ImpossibleStep(self.state, CallInput.RELEASE)
        self.outgoing.cancel(now)

    def trying(self, now: float) -> None:
        """Answer an incoming INVITE with 100."""
        self._incoming().trying(now)

    def ring(
        self, now: float, status: int = 180, *, reliable: bool = False, early_media: bool = False
    ) -> None:
        """Send a provisional response; with early media it carries SDP and RTP starts to flow."""
        self._incoming().ring(now, status=status, reliable=reliable, early_media=early_media)

    def answer(self, now: float) -> None:
        """Answer an incoming call with 200; 488 when there is no codec in common."""
        self._incoming().answer(now)

    def reject(
        self, status: int, now: float, reason: str | None = None, headers: Sequence[tuple[str, str]] = ()
    ) -> None:
        """Refuse an incoming call with a status from 300 to 699."""
        self._incoming().reject(status, now, reason=reason, headers=headers)

    def hang_up(self, now: float) -> None:
        """End the call as its state demands: BYE, CANCEL or 480. Does nothing when it is over."""
        if self.state in (CallState.ENDING, CallState.ENDED):
            return
        if self.state is CallState.ANSWERED:
            self._send_bye(now)
        elif self.outgoing is not None:
            self.outgoing.cancel(now)
        else:
            self._incoming().reject(480, now)

    end = hang_up

    def drop(self, now: float) -> None:
        """Forget the call without a word to the other side."""
        self.move(CallInput.LOSS, now, ended_by="local", reason="dropped")

    def reinvite(self, now: float, *, direction: str | None = None, sdp: bytes | None = None) -> None:
        """Send a re-INVITE. Raises LocalError outside an answered call, or while one is on its way."""
        self.modification.start("INVITE", now, direction=direction, sdp=sdp)

    def update(self, now: float, *, direction: str | None = None) -> None:
        """Send UPDATE (RFC 3311), with an offer only when a direction is given. Raises as `reinvite`."""
        self.modification.start("UPDATE", now, direction=direction)

    def hold(self, now: float) -> None:
        """Put the other side on hold."""
        self.reinvite(now, direction="sendonly")

    def resume(self, now: float) -> None:
        """End a hold of ours."""
        self.reinvite(now, direction="sendrecv")

    def request(
        self, method: str, now: float, *, headers: Sequence[tuple[str, str]] = (), body: bytes = b""
    ) -> Exchange:
        """Send any other request inside the dialog. Raises LocalError when there is none."""
        return self.requests.send(method, now, headers=headers, body=body).exchange

    def send_dtmf(self, digits: str, now: float) -> None:
        """Send telephone-events. Raises LocalError when they were not negotiated."""
        if self.media is None:
            raise LocalError("there is no media yet; wait until the call is answered")
        self.media.send_dtmf(digits, now)

    # What drives it

    def owns(self, event: TransactionEvent) -> bool:
        """Whether an event is about this call."""
        match event:
            case ResponseReceived(transaction=transaction):
                invite = transaction.cancels or transaction
                return invite.owner is self
            case TransactionTimedOut(transaction=transaction) | TransportFailed(transaction=transaction):
                return transaction.owner is self
            case CancelReceived(transaction=transaction):
                return transaction.owner is self
            case RequestReceived(request=request) | AckReceived(request=request):
                return request.call_id == self.call_id and request.to.tag == self.local_tag
            case _:
                return False

    def receive_event(self, event: TransactionEvent, now: float) -> None:
        """Take an event for which `owns` holds. Raises ParseError when the peer's message cannot be read."""
        match event:
            case ResponseReceived(transaction=transaction, response=response, packet=packet):
                self.note("received", response, packet, now)
                if transaction.cancels is not None:
                    return
                if not self.requests.receive_response(transaction, response, packet, now) and self.outgoing:
                    self.outgoing.receive_response(transaction, response, now)
            case RequestReceived(transaction=transaction, request=request, packet=packet):
                transaction.owner = self
                self.note("received", request, packet, now)
                self.answers.receive(transaction, request, now)
            case AckReceived(request=request, packet=packet):
                self.note("received", request, packet, now)
                self.answers.receive_ack(request, now)
            case CancelReceived(transaction=transaction, request=request, packet=packet):
                self.note("received", request, packet, now)
                if not self.answers.receive_cancel(transaction, now) and self.incoming is not None:
                    self.incoming.receive_cancel(now)
            case TransactionTimedOut(transaction=transaction):
                self._transaction_lost(transaction, now, None)
            case TransportFailed(transaction=transaction, destination=destination):
                self._transaction_lost(transaction, now, destination)

    def next_timer(self) -> float | None:
        """The endpoint's, whose calls share one queue: see `Endpoint.next_timer`."""
        return self.endpoint.next_timer()

    def handle_timers(self, now: float) -> None:
        """The endpoint's: does what is due in all its calls."""
        self.endpoint.handle_timers(now)

    # What its parts need

    def move(self, step: CallInput, now: float, *, ended_by: str | None = None, reason: str = "") -> None:
        """Take a step of the table. Who ended the call first, and why, stays."""
        before = self.state
        self.state = next_state(before, step)
        if ended_by is not None and self.ended_by is None:
            self.ended_by, self.end_reason = ended_by, reason
        if self.state is CallState.ANSWERED and self.answered_at is None:
            self.answered_at = now
        if self.state in (CallState.ENDING, CallState.ENDED):
            self.answers.let_go(now)
            self.media_control.stop(now)
        if self.state is CallState.ENDED and before is not CallState.ENDED:
            self.ended_at = now
            self._end(now)
        if self.state is not before and self.on_state is not None:
            self.on_state(self, now)

    def note(self, way: str, message: Request | Response, packet: Packet | None, now: float) -> None:
        """Write a message into the history."""
        if packet is not None and way == "received":
            self.peer = packet.source
        if self.options.keep_history:
            self.history.append(Exchanged(now, way, message, packet))

    def set_timer(self, name: str, at: float, action: TimedAction) -> None:
        """Start a timer of this call, in place of an earlier one with the same name."""
        self.stop_timer(name)
        self.timers[name] = self.endpoint.schedule(at, action)

    def stop_timer(self, name: str) -> None:
        handle = self.timers.pop(name, None)
        if handle is not None:
            self.endpoint.timers.cancel(handle)

    def next_hop(self, dialog: Dialog) -> Hop:
        """Where a request inside a dialog goes: its route set or remote target, a connection that exists, or
        the outbound hop when the name cannot be resolved here."""
        if self.endpoint.symmetric or self.peer.transport != "udp":
            return self.peer
        try:
            uri = dialog.next_hop_uri()
            if isinstance(uri, SipUri) and is_numeric(uri.maddr or uri.host):
                hop = next_hops(uri)[0]
                return hop if hop.transport == self.endpoint.local.transport else self.peer
        except (NoRoute, ParseError):
            pass
        return self.endpoint.outbound or self.peer

    def hang_up_after(self, reason: str, now: float) -> None:
        """End an answered call because something was lost: BYE, and the timeout is to blame."""
        if self.state is CallState.ANSWERED:
            self._send_bye(now, ended_by="timeout", reason=reason)

    # Below

    def _incoming(self) -> IncomingSide:
        if self.incoming is None:
            raise ImpossibleStep(self.state, CallInput.PROGRESS)
        return self.incoming

    def _send_bye(self, now: float, *, ended_by: str = "local", reason: str = "BYE") -> None:
        """RFC 3261 section 15.1.1; the callee waits for the ACK of its 2xx first (section 15)."""
        if self.incoming is not None and self.incoming.waits_for_ack and ended_by == "local":
            self.incoming.bye_wanted = True
            return
        self.move(CallInput.RELEASE, now, ended_by=ended_by, reason=reason)
        self.requests.send("BYE", now, headers=self.bye_headers, on_final=self._bye_answered)

    def _bye_answered(self, _response: Response | None, now: float) -> None:
        if self.state is CallState.ENDING:
            self.move(CallInput.CONCLUSION, now)

    def _transaction_lost(self, transaction: object, now: float, hop: Hop | None) -> None:
        if hop is not None:
            self.unreachable = hop
        if self.requests.lose(transaction, now, hop):
            return
        if self.outgoing is not None and self.outgoing.transaction is transaction:
            self.outgoing.lose(now, hop)

    def _end(self, now: float) -> None:
        for name in list(self.timers):
            self.stop_timer(name)
        if self.incoming is not None:
            self.incoming.stop()
        self.answers.stop()
        self.media_control.release()


def outgoing_call(
    endpoint: Endpoint,
    request_uri: str,
    options: CallOptions,
    destination: Hop,
    now: float,
    *,
    from_uri: str,
    account: Account | None = None,
) -> Call:
    """Send the INVITE of a new call. Without an account there are no credentials to answer challenges."""
    call = Call(endpoint, options, "outgoing", options.call_id or endpoint.new_call_id(), destination, now)
    call.outgoing = OutgoingSide(call, request_uri, from_uri, destination, account)
    call.outgoing.start(now)
    return call


def incoming_call(
    endpoint: Endpoint,
    event: RequestReceived,
    options: CallOptions,
    now: float,
    *,
    account: Account | None = None,
    continued: ContinuedCall | None = None,
) -> Call:
    """Take an INVITE that came in outside a dialog; sends 100 unless the options say otherwise.

    With an account, challenges to our requests inside the dialog are answered. A call that is `continued`
    says again what was said before, within `TransactionLayer.replay`.
    """
    request = event.request
    call = Call(endpoint, options, "incoming", request.call_id, event.packet.source, now)
    if continued is not None:
        call.local_tag = continued.local_tag
        call.media_control.continue_as(continued)
    event.transaction.owner = call
    event.transaction.to_tag = call.local_tag
    call.note("received", request, event.packet, now)
    if account is not None:
        call.credentials = CredentialStore(account.credentials_username, account.password, rng=endpoint.rng)
    call.incoming = IncomingSide(call, event.transaction, request)
    if "expires" in request.headers.keys:
        call.incoming.expire(now)
    if options.automatic_trying:
        call.incoming.trying(now)
    return call
