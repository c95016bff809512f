"""A call as a scenario author sees it: plain synchronous steps that wait for what must happen.

START HERE for calls: what `Phone.call` and `Phone.wait_call` return. The protocol itself is
`harness.ua.call`; this is its synchronous face, and works on every driver.
"""

from collections.abc import Callable, Sequence

from harness.drivers.driver import Driver
from harness.drivers.errors import TargetUnreachable, WaitTimeout
from harness.media.quality import ReceivedQuality
from harness.sip.dialog import Dialog
from harness.sip.message import Request, Response
from harness.ua.call import Call
from harness.ua.call_state import CallState
from harness.ua.exchange import Exchanged, Received
from harness.ua.media_session import MediaSession


class PhoneCall:
    """One call of a phone, outgoing or incoming. Every ``wait_`` raises `WaitTimeout` with what was seen,
    at once when what is waited for cannot come any more, and `TargetUnreachable` when the network says so.
    """

    def __init__(self, driver: Driver, call: Call) -> None:
        self._driver = driver
        self.core = call
        """The state machine below, for what this face does not show."""

    # What is known

    @property
    def call_id(self) -> str:
        return self.core.call_id

    @property
    def state(self) -> CallState:
        return self.core.state

    @property
    def status(self) -> int | None:
        """Status of the final response to the INVITE (after credentials); None: none came."""
        return self.core.status

    @property
    def reason(self) -> str:
        """Why the call ended, in words: a reason phrase, ``BYE``, ``no answer`` and the like."""
        return self.core.end_reason

    @property
    def ended_by(self) -> str | None:
        """``local``, ``remote`` or ``timeout``; None while it lasts."""
        return self.core.ended_by

    @property
    def dialog(self) -> Dialog | None:
        """The dialog, early or confirmed; None before the first To-tag."""
        return self.core.dialog

    @property
    def invite(self) -> Request:
        """The last INVITE that set up this call: with its credentials, or as it came in."""
        return self.core.invite

    @property
    def answer_message(self) -> Response:
        """The 2xx to the INVITE, sent or received. Raises `WaitTimeout` when there is none."""
        if self.core.answer_message is None:
            raise self._missing("2xx to INVITE", 0)
        return self.core.answer_message

    @property
    def history(self) -> list[Exchanged]:
        """All messages of the call, both ways, in order."""
        return self.core.history

    @property
    def responses(self) -> list[Response]:
        """Responses received in this call, oldest first, to whatever request; challenges too."""
        return [m for m in self._received() if isinstance(m, Response)]

    @property
    def requests(self) -> list[Request]:
        """Requests received in this call, oldest first."""
        return [m for m in self._received() if isinstance(m, Request)]

    @property
    def statuses(self) -> list[int]:
        """Status codes of the responses to our INVITEs, oldest first."""
        return [r.status for r in self.responses if r.cseq.method == "INVITE"]

    # Waiting

    def wait_trying(self, timeout: float = 5) -> "PhoneCall":
        """Until a 100 came."""
        return self.wait_status(100, timeout=timeout)

    def wait_ringing(self, timeout: float = 5) -> "PhoneCall":
        """Until a 180 came."""
        return self.wait_status(180, timeout=timeout)

    def wait_status(self, *statuses: int, timeout: float = 5) -> "PhoneCall":
        """Until a response with one of these status codes came to an INVITE of this call.

        The timeout goes by name: a number without one is a status.
        """
        if any(not 100 <= status <= 699 for status in statuses):
            raise ValueError(f"{statuses} are not all status codes; write timeout=SECONDS by name")
        what = " or ".join(str(status) for status in statuses) + " to INVITE"
        return self._wait(lambda: any(s in statuses for s in self.statuses), what, timeout)

    def wait_final(self, timeout: float = 5) -> "PhoneCall":
        """Until the INVITE has its final response (credentials given), whatever it is: see `status`."""
        return self._wait(lambda: self.status is not None, "final response to INVITE", timeout)

    def wait_answered(self, timeout: float = 5) -> "PhoneCall":
        """Until the call is answered: our 2xx has its ACK, or theirs came."""
        return self._wait(lambda: self.core.was_answered, "2xx to INVITE", timeout)

    def wait_ended(self, timeout: float = 5) -> "PhoneCall":
        """Until the call is over and its last transaction too."""
        return self._wait(lambda: self.state is CallState.ENDED, "end of the call", timeout)

    def wait_request(self, method: str, timeout: float = 5, count: int = 1) -> Request:
        """Until this many requests with this method came in this call; returns the last of them."""
        self._wait(lambda: len(self._requests(method)) >= count, f"{method} number {count}", timeout)
        return self._requests(method)[count - 1]

    def wait_response(
        self, method: str, *, final: bool = True, count: int = 1, timeout: float = 5
    ) -> Response:
        """Until this many (final) responses to requests with this method came; returns the last of them."""

        def matching() -> list[Response]:
            return [r for r in self.responses if r.cseq.method == method and (r.status >= 200 or not final)]

        self._wait(lambda: len(matching()) >= count, f"response number {count} to {method}", timeout)
        return matching()[count - 1]

    def wait(self, seconds: float) -> "PhoneCall":
        """Let time pass while the call goes on."""
        self._driver.run_until(lambda: False, seconds)
        return self

    # Acting

    def hang_up(self, timeout: float = 5) -> "PhoneCall":
        """End the call as its state demands (BYE, CANCEL or 480) and wait until it is over."""
        self.core.hang_up(self._driver.now())
        return self.wait_ended(timeout)

    def cancel(self) -> "PhoneCall":
        """Send CANCEL, after the first provisional response as RFC 3261 section 9.1 says; does not wait."""
        self.core.cancel(self._driver.now())
        return self

    def ring(self, status: int = 180, *, reliable: bool = False, early_media: bool = False) -> "PhoneCall":
        """Send a provisional response to an incoming call."""
        self.core.ring(self._driver.now(), status=status, reliable=reliable, early_media=early_media)
        return self

    def answer(self, timeout: float = 5) -> "PhoneCall":
        """Answer an incoming call with 200 and wait for the ACK; timeout 0: do not wait."""
        self.core.answer(self._driver.now())
        return self.wait_answered(timeout) if timeout else self

    def reject(
        self,
        status: int = 486,
        reason: str | None = None,
        headers: Sequence[tuple[str, str]] = (),
        timeout: float = 5,
    ) -> "PhoneCall":
        """Refuse an incoming call and wait for the ACK; timeout 0: do not wait."""
        self.core.reject(status, self._driver.now(), reason=reason, headers=headers)
        return self.wait_ended(timeout) if timeout else self

    def hold(self, timeout: float = 5) -> "PhoneCall":
        """Put the other side on hold (re-INVITE with sendonly) and wait for the answer."""
        return self.reinvite("sendonly", timeout=timeout)

    def resume(self, timeout: float = 5) -> "PhoneCall":
        """End the hold (re-INVITE with sendrecv) and wait for the answer."""
        return self.reinvite("sendrecv", timeout=timeout)

    def reinvite(
        self, direction: str | None = None, *, sdp: bytes | None = None, timeout: float = 5
    ) -> "PhoneCall":
        """Send a re-INVITE and wait until it is answered, for good or bad: see `modification_status`."""
        self.core.reinvite(self._driver.now(), direction=direction, sdp=sdp)
        return self._wait(lambda: not self.core.modifying, "final response to re-INVITE", timeout)

    def update(self, direction: str | None = None, timeout: float = 5) -> "PhoneCall":
        """Send UPDATE (with SDP only when a direction is given) and wait until it is answered."""
        self.core.update(self._driver.now(), direction=direction)
        return self._wait(lambda: not self.core.modifying, "final response to UPDATE", timeout)

    def request(
        self,
        method: str,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
        timeout: float = 5,
    ) -> Response:
        """Send any request inside the dialog (OPTIONS, INFO, ...); returns its final response."""
        exchange = self.core.request(method, self._driver.now(), headers=headers, body=body)
        self._wait(lambda: exchange.done, f"final response to {method}", timeout)
        return exchange.final

    @property
    def modification_status(self) -> int | None:
        """Status of the last final response to our re-INVITE or UPDATE."""
        return self.core.modification_status

    # Media

    @property
    def media(self) -> MediaSession:
        """The RTP of the call. Raises `WaitTimeout` before there is any."""
        if self.core.media is None:
            raise self._missing("media session", 0)
        return self.core.media

    def send_dtmf(self, digits: str) -> "PhoneCall":
        """Send telephone-events, 100 ms each with 60 ms between; does not wait."""
        self.media.send_dtmf(digits, self._driver.now())
        return self

    @property
    def dtmf(self) -> str:
        """Digits received so far."""
        return self.media.dtmf_received

    def wait_dtmf(self, count: int = 1, timeout: float = 5) -> str:
        """Until this many digits came; returns all digits received."""
        self._wait(lambda: len(self.dtmf) >= count, f"{count} telephone-events", timeout)
        return self.dtmf

    def play_tone(self, hz: float) -> "PhoneCall":
        """Send a tone from now on; `play_silence` ends it."""
        self.media.play(f"tone:{hz:g}")
        return self

    def play_silence(self) -> "PhoneCall":
        self.media.play("silence")
        return self

    def heard_tone(self, hz: float) -> bool:
        """Whether the last part of what was received is this tone (in Hz)."""
        return self.media.heard_tone(hz)

    def wait_tone(self, hz: float, timeout: float = 5) -> "PhoneCall":
        """Until the tone (in Hz) is heard."""
        return self._wait(lambda: self.heard_tone(hz), f"tone of {hz:g} Hz", timeout)

    def wait_media(self, packets: int = 1, timeout: float = 5) -> "PhoneCall":
        """Until this many more RTP packets came in than have by now."""
        before = self.media.received_packets
        what = f"{packets} RTP packets"
        return self._wait(lambda: self.media.received_packets >= before + packets, what, timeout)

    @property
    def quality(self) -> ReceivedQuality:
        """Loss, duplicates, reordering, lateness and jitter of what was received."""
        return self.media.statistics.quality()

    @property
    def mos(self) -> float:
        """Mean opinion score of what was received (E-model), 1 to 4.5."""
        return self.media.mos

    # Below

    def _received(self) -> list[Request | Response]:
        return [item.message for item in self.history if item.way == "received"]

    def _requests(self, method: str) -> list[Request]:
        return [request for request in self.requests if request.method == method]

    def _wait(self, predicate: Callable[[], bool], what: str, timeout: float) -> "PhoneCall":
        self._driver.run_until(lambda: predicate() or self.core.ended, timeout)
        if not predicate():
            raise self._missing(what, timeout)
        return self

    def _missing(self, what: str, timeout: float) -> WaitTimeout | TargetUnreachable:
        if self.core.unreachable is not None:
            reason = self._driver.failure_of(self.core.unreachable) or "transport failed"
            return TargetUnreachable(self.core.unreachable, reason)
        return WaitTimeout(f"{what} in call {self.call_id}", timeout, self._seen())

    def _seen(self) -> list[str]:
        seen = [str(Received(item.time, item.packet, item.message)) for item in self.history if item.packet]
        if self.ended_by is not None:
            seen.append(f"the call ended ({self.ended_by}: {self.reason})")
        return seen

    def __repr__(self) -> str:
        return f"<PhoneCall {self.call_id} {self.state.name}>"
