"""A phone for scenario authors: register, call, answer, in plain synchronous Python.

START HERE to write a scenario::

    driver = BlockingDriver()
    account = Account("99051000000231", "secret", Hop("udp", "127.0.0.1", 5060))
    with Phone(driver, account) as phone:
        phone.register()
        call = phone.call("+17606604690").wait_answered()
        call.play_tone(1004).wait_tone(1004)
        call.hang_up()

Works on `BlockingDriver` and on `SimulatedNetwork` alike. The protocol lies below, in
`harness.ua`; single calls are `phone_call`.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Self

from harness.drivers.driver import Driver
from harness.drivers.errors import DriverError, TargetUnreachable, WaitTimeout
from harness.drivers.phone_call import PhoneCall
from harness.sip.errors import SipError
from harness.sip.hop import Hop, Packet
from harness.sip.message import Message, Request, Response
from harness.sip.timers import TimerSettings
from harness.ua.account import Account
from harness.ua.call_options import CallOptions
from harness.ua.exchange import Exchange, Received
from harness.ua.registration import Registration
from harness.ua.user_agent import IncomingCall, UserAgent

REGISTER_PATIENCE = 0.3  # seconds that close() waits for the answer to a REGISTER that is under way
CLOSE_PATIENCE = 0.6  # seconds that it waits then for answers to its BYEs, CANCELs and the last REGISTER
DEFAULT_USER_AGENT = "sip-harness"


class Phone:
    """One SIP phone on a driver. Use it as a context manager, or `close` it: that ends its calls."""

    def __init__(
        self,
        driver: Driver,
        account: Account,
        *,
        local: tuple[str, int] = ("127.0.0.1", 0),
        transport: str = "udp",
        user_agent: str = DEFAULT_USER_AGENT,
        timers: TimerSettings | None = None,
        incoming: CallOptions | None = None,
    ) -> None:
        """Bind the local address (port 0: any free one). Raises `AddressUnusable`."""
        self.driver = driver
        self.account = account
        self.received: list[Received] = []
        """Every SIP packet that came in, retransmissions and keepalives too, oldest first."""
        self.calls: list[PhoneCall] = []
        """All calls, oldest first."""
        self.incoming_calls: list[PhoneCall] = []
        """Incoming calls that `wait_call` has not handed out yet."""
        self.closed = False
        self.local = driver.bind(self, Hop(transport, *local))
        """Our signalling address."""
        self.agent = UserAgent(
            account,
            local=self.local,
            rng=driver.rng,
            media_address=lambda: driver.bind_media(self, self.local.host),
            release_media=driver.release,
            user_agent=user_agent,
            timers=timers or TimerSettings(),
        )
        if incoming is not None:
            self.agent.incoming_options = incoming
        self._raw: list[Packet] = []
        self._registrations: list[Registration] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    # Registration

    def register(self, expires: int | None = 300, timeout: float = 5, **overrides: Any) -> Registration:
        """Send REGISTER, with credentials when challenged; returns when the final response is there.

        Each call continues Call-ID and CSeq of the one before and returns its own `Registration`, whose
        ``.status``, ``.expires``, ``.bindings`` and ``.responses`` say what came of it. Overrides are those
        of `UserAgent.register`: contacts, headers, authenticate, obey_min_expires, automatic, from_uri,
        to_uri, request_uri, call_id, cseq, username, password and the like.
        Raises `WaitTimeout` and `TargetUnreachable`.
        """
        registration = self.agent.register(self.driver.now(), expires=expires, **overrides)
        self._registrations.append(registration)
        self._finish(registration.exchange, timeout, lambda: registration.done)
        return registration

    def unregister(self, timeout: float = 5) -> Registration:
        """Remove our binding: REGISTER with Expires 0."""
        return self.register(expires=0, timeout=timeout)

    # Calls

    def call(self, number_or_uri: str, **options: Any) -> PhoneCall:
        """Send INVITE to a number (in the account's domain) or URI; does not wait.

        The options are the fields of `CallOptions`. ``headers`` may be any sequence of pairs.
        """
        if "headers" in options:
            options["headers"] = tuple(options["headers"])
        core = self.agent.invite(number_or_uri, CallOptions(**options), self.driver.now())
        call = PhoneCall(self.driver, core)
        self.calls.append(call)
        return call

    def wait_call(self, timeout: float = 5) -> PhoneCall:
        """Until a call comes in; 100 was sent, the rest is the scenario's. Each call is handed out once."""
        if not self.driver.run_until(lambda: bool(self.incoming_calls), timeout):
            raise WaitTimeout("incoming call", timeout, self._seen())
        return self.incoming_calls.pop(0)

    # Other requests, and raw ones

    def request(
        self,
        method: str,
        uri: str | None = None,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
        *,
        authenticate: bool = True,
        timeout: float = 5,
        **overrides: Any,
    ) -> Exchange:
        """Send a request outside a dialog and wait for its final response.

        ``uri`` None: the account's domain. Overrides are those of `UserAgent.request`: from_uri,
        from_display, to_uri, contact, call_id, cseq, max_forwards, username, password, replaced_headers.
        Raises `WaitTimeout` and `TargetUnreachable`.
        """
        exchange = self.agent.request(
            method,
            uri,
            self.driver.now(),
            headers=headers,
            body=body,
            authenticate=authenticate,
            **overrides,
        )
        self._finish(exchange, timeout, lambda: exchange.done)
        return exchange

    def build_request(self, method: str, uri: str | None = None, **overrides: Any) -> Request:
        """A complete request with Via, as `request` would send it, to be changed and given to `send`."""
        return self.agent.build_raw_request(method, uri, **overrides)

    def send(self, message: Message | bytes, destination: Hop | None = None) -> None:
        """Send bytes or a message as they are: no Via is added, nothing is retransmitted, nobody waits.

        Answers are found in `received`; see `wait_message`. ``destination`` None: the registrar.
        """
        data = message if isinstance(message, bytes) else bytes(message)
        self._raw.append(Packet(data, self.local, destination or self.account.registrar))
        self.driver.run_until(lambda: not self._raw, 1)

    def wait_message(
        self, predicate: Callable[[Request | Response], bool], timeout: float = 5, count: int = 1
    ) -> Received:
        """Until this many messages for which the predicate holds are in `received`; returns the last of them.

        Looks at all that ever came in, so a predicate names a Call-ID or branch of its own.
        """

        def matching() -> list[Received]:
            return [r for r in self.received if r.message is not None and predicate(r.message)]

        if not self.driver.run_until(lambda: len(matching()) >= count, timeout):
            raise self._missing(f"message number {count} that was waited for", timeout)
        return matching()[count - 1]

    def wait_response_to(self, request: Request, timeout: float = 5, *, final: bool = True) -> Response:
        """Until a (final) response with the branch of a request given to `send` came; returns it."""

        def answers(message: Request | Response) -> bool:
            if not isinstance(message, Response) or (final and message.status < 200):
                return False
            return (message.call_id, message.cseq) == (request.call_id, request.cseq)

        message = self.wait_message(answers, timeout).message
        assert isinstance(message, Response)
        return message

    def wait(self, seconds: float) -> None:
        """Let time pass while everything goes on."""
        self.driver.run_until(lambda: False, seconds)

    # The end

    def close(self) -> None:
        """End every call, unregister, close the sockets. Never raises, waits under 1 s."""
        if self.closed:
            return
        self.closed = True
        try:
            for call in self.calls:
                self._quietly(call.core.end)
            exchanges: list[Exchange] = []
            self._quietly(lambda _: self.driver.run_until(self._registrations_answered, REGISTER_PATIENCE))
            self._quietly(lambda now: exchanges.extend(self._remove_bindings(now)))
            self._quietly(lambda _: self.driver.run_until(lambda: self._at_rest(exchanges), CLOSE_PATIENCE))
            for call in self.calls:  # answered, but never acknowledged: it gets its BYE all the same
                self._quietly(partial(call.core.hang_up_after, "phone closed"))
                self._quietly(call.core.drop)
        finally:
            self.driver.release(self.local)

    def _quietly(self, action: Callable[[float], object]) -> None:
        """Do something whose failure says nothing about the target: how a phone goes away is no finding."""
        try:
            action(self.driver.now())
        except (SipError, DriverError, OSError, ValueError, LookupError):
            pass

    def _registrations_answered(self) -> bool:
        """A REGISTER still under way may yet bind us; the next has to wait for its answer (RFC 3261 10.2)."""
        return all(registration.done for registration in self._registrations)

    def _remove_bindings(self, now: float) -> list[Exchange]:
        if not any(registration.is_registered(now) for registration in self._registrations):
            return []
        return [self.agent.register(now, expires=0).exchange]

    def _at_rest(self, exchanges: list[Exchange]) -> bool:
        return all(e.done for e in exchanges) and all(call.core.ended for call in self.calls)

    # The six verbs, for the driver

    def receive(self, packet: Packet, now: float) -> None:
        if packet.destination == self.local:
            self.received.append(Received(now, packet))
        self.agent.receive(packet, now)
        self._take_events()

    def next_timer(self) -> float | None:
        return self.agent.next_timer()

    def handle_timers(self, now: float) -> None:
        self.agent.handle_timers(now)
        self._take_events()

    def packets_to_send(self) -> list[Packet]:
        raw, self._raw = self._raw, []
        return raw + self.agent.packets_to_send()

    def events_received(self) -> list[object]:
        return []

    def transport_failed(self, destination: Hop, now: float) -> None:
        self.agent.transport_failed(destination, now)
        self._take_events()

    def _take_events(self) -> None:
        for event in self.agent.events_received():
            if isinstance(event, IncomingCall):
                call = PhoneCall(self.driver, event.call)
                self.calls.append(call)
                self.incoming_calls.append(call)

    # Below

    def _finish(self, exchange: Exchange, timeout: float, predicate: Callable[[], bool]) -> None:
        done = self.driver.run_until(predicate, timeout)
        if exchange.unreachable is not None:
            reason = self.driver.failure_of(exchange.unreachable) or "transport failed"
            raise TargetUnreachable(exchange.unreachable, reason)
        if not done or exchange.timed_out:
            seen = [str(received) for received in exchange.responses]
            raise WaitTimeout(f"final response to {exchange.method}", timeout, seen)

    def _missing(self, what: str, timeout: float) -> WaitTimeout | TargetUnreachable:
        reason = self.driver.failure_of(self.account.registrar)
        if reason is not None:
            return TargetUnreachable(self.account.registrar, reason)
        return WaitTimeout(what, timeout, self._seen())

    def _seen(self) -> list[str]:
        return [str(received) for received in self.received[-20:]]
