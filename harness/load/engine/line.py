"""One profile on an engine: it calls, registers and answers under one SIP username."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from harness.load.engine.answering import Answering
from harness.load.engine.call_audio import Audio
from harness.load.engine.call_messages import CallMessages, Wording
from harness.load.engine.call_sample import SampledCall
from harness.load.engine.digest_answers import DigestAnswers
from harness.load.engine.outgoing_call import FastCall
from harness.load.engine.registration import Registration
from harness.load.figures.attempt import Attempt

if TYPE_CHECKING:
    from harness.load.engine.engine import Engine
    from harness.load.engine.incoming_call import IncomingCall

KNOWN_NUMBERS = 4096
"""Numbers whose templates stay at hand."""

Done = Callable[[Attempt], None]


class Account(Protocol):
    """What a line must know of a profile; `harness.settings.target.Profile` is one."""

    @property
    def sip_username(self) -> str:
        """Who calls and registers."""

    @property
    def password(self) -> str:
        """The secret of the digest; "" where the trunk knows the address instead."""


class Line:
    """One profile of one engine. Made by `Engine.line`."""

    def __init__(self, engine: "Engine", account: Account, *, reuses_nonce: bool = False) -> None:
        """``reuses_nonce`` sends credentials with the first INVITE once a nonce is known; the default takes
        the challenge with every call, as the guide's flow is.
        """
        self.engine = engine
        self.name = account.sip_username
        self.source = str(engine.local)
        self.reuses_nonce = reuses_nonce
        others = sum(line.name == self.name for line in engine.lines)
        self.wording = Wording(
            user=account.sip_username,
            domain=engine.domain,
            local=engine.local,
            run=engine.run,
            mark=f";line={others + 1}",
        )
        self.answer = Answering()
        """How incoming calls are treated."""
        self.on_incoming: Callable[[IncomingCall], None] | None = None
        """Called with each incoming call before it is treated so."""
        self.digest = DigestAnswers(
            account.sip_username, account.password, engine.new_token(), reuse=reuses_nonce
        )
        self._messages: dict[str, CallMessages] = {}
        self._registration = Registration(self)

    def register(
        self, expires: int = 300, *, intended: float | None = None, done: Done | None = None
    ) -> None:
        """Register this generator's address for ``expires`` seconds; while a binding stands, refresh it.

        Registering again in time is the user's business.
        """
        self._registration.register(expires, intended, done)

    def unregister(self, *, intended: float | None = None, done: Done | None = None) -> None:
        """Remove the binding."""
        self._registration.register(0, intended, done)

    def options(self, *, intended: float | None = None, done: Done | None = None) -> None:
        """Ask the target whether it is there."""
        self._registration.options(intended, done)

    @property
    def is_registered(self) -> bool:
        """Whether the target holds a binding of ours."""
        until = self._registration.until
        return until is not None and until > self.engine.clock()

    def call(
        self,
        number: str,
        *,
        hold: float | None = 0.0,
        audio: Audio | None = None,
        intended: float | None = None,
        done: Done | None = None,
    ) -> FastCall:
        """Call a number, a user part or a SIP URI.

        ``hold`` is how long the call stands after its answer, in seconds; None: until `FastCall.hang_up`.
        ``intended`` is when the schedule wanted it to start (default: now), on the engine's clock.
        ``done`` gets the attempt, beside the engine's `on_attempt`. Raises `LoadInputError` without ports.
        """
        engine = self.engine
        now = engine.clock()
        engine.turn(now)
        messages = self._messages.get(number) or self._learn(number)
        serial = engine.new_serial()
        sampled = engine.sample.takes(now)
        call = (SampledCall if sampled else FastCall)(
            self,
            serial,
            messages,
            intended=now if intended is None else intended,
            hold=hold,
            audio=None if audio is None else engine.open_audio(audio, self.wording),
            done=done,
        )
        if isinstance(call, SampledCall):
            engine.sample.follow(call)
        engine.adopt(call)
        call.start(now)
        return call

    def _learn(self, number: str) -> CallMessages:
        if len(self._messages) >= KNOWN_NUMBERS:
            self._messages.clear()
        messages = CallMessages(self.wording, self.wording.request_uri(number))
        self._messages[number] = messages
        return messages
