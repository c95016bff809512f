"""The calls that fill one profile, each with what becomes of it. `saturation` says what is done with them."""

from harness.load.figures.attempt import Attempt
from harness.load.generator import Answering, Audio, FastCall, Generator, IncomingCall
from harness.media.tone import tone_of_call
from harness.pytest_plugin.control import Control
from harness.results.saturation_log import SeenCall
from harness.settings.target import Numbers, Profile
from harness.sip.uri import SipUri

TONE_NAME = "tone"
"""What the callers of inbound calls are called, with the number of the tone that the trunk plays."""


class TonedCall:
    """One call, whichever side began it."""

    def __init__(self, call: FastCall | IncomingCall, *, has_audio: bool) -> None:
        self._call = call
        self.has_audio = has_audio
        self.call_id = call.call_id

    @property
    def is_outbound(self) -> bool:
        """Whether we began it."""
        return isinstance(self._call, FastCall)

    @property
    def attempt(self) -> Attempt:
        """What is known of it; complete once it is over."""
        return self._call.attempt

    @property
    def up(self) -> bool:
        """Whether it is answered and stands."""
        return self._call.answered

    @property
    def was_up(self) -> bool:
        """Whether it was answered at all."""
        return self.attempt.answered is not None

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self._call.over

    @property
    def decided(self) -> bool:
        """Whether it was answered or refused."""
        return self.up or self.over

    def hang_up(self) -> None:
        """Ends it with BYE or CANCEL, unless it is over."""
        if not self.over:
            self._call.hang_up()

    def vanish(self) -> None:
        """Forgets it without a word."""
        self._call.vanish()

    def seen(self, began: float, *, held: bool) -> SeenCall:
        """The call for the log; times count from `began`."""
        attempt, media = self.attempt, self.attempt.media
        call = SeenCall(
            call_id=self.call_id,
            direction="outbound" if self.is_outbound else "inbound",
            status=attempt.status,
            cause=attempt.cause,
            answered=None if attempt.answered is None else round(attempt.answered - began, 3),
            ended=round(attempt.ended - began, 3) if self.over else None,
            held=held and self.was_up,
        )
        if media is None:
            return call
        return call.model_copy(
            update={
                "sent": media.sent,
                "received": media.received,
                "lost": media.lost + media.late,
                "mos": media.mos,
                "foreign": media.foreign,
                "foreign_calls": media.foreign_calls,
            }
        )


class FilledLine:
    """One profile and all its calls, in the order in which they began."""

    def __init__(self, generator: Generator, profile: Profile, numbers: Numbers, control: Control) -> None:
        self.line = generator.line(profile)
        self.line.on_incoming = self._take
        self.name = profile.sip_username
        self.channels = profile.channels
        self.calls: list[TonedCall] = []
        self.ordered = 0
        """Inbound calls that the trunk was told to place."""
        self._numbers = numbers
        self._control = control
        self._arrived = 0

    def register(self) -> None:
        """So that inbound calls come."""
        self.line.register()

    def call(self, tone: int | None) -> TonedCall:
        """An outbound call: to an echo with a tone of its own, or without audio."""
        number = self._numbers.answers if tone is None else self._numbers.echo
        audio = None if tone is None else Audio(tone)
        call = TonedCall(self.line.call(number, hold=None, audio=audio), has_audio=tone is not None)
        self.calls.append(call)
        return call

    def order(self, tone: int) -> None:
        """An inbound call whose caller plays a tone. Raises ControlError."""
        self.ordered += 1
        name = f"{TONE_NAME}{tone}"
        self._control.place_call(self.name, caller=name, media=f"tone:{tone_of_call(tone)}")

    @property
    def up(self) -> int:
        """Calls that stand."""
        return sum(call.up for call in self.calls)

    @property
    def settled(self) -> bool:
        """Whether all calls have come, and each has been answered or refused."""
        return self._arrived >= self.ordered and all(call.decided for call in self.calls)

    @property
    def is_empty(self) -> bool:
        """Whether all calls are over."""
        return all(call.over for call in self.calls)

    def hang_up_all(self) -> None:
        """Ends every call."""
        for call in self.calls:
            call.hang_up()

    def _take(self, incoming: IncomingCall) -> None:
        """An inbound call has come: it is answered with the tone that its caller plays."""
        uri = incoming.request.from_.uri
        name = uri.unescaped_user if isinstance(uri, SipUri) else ""
        number = name.removeprefix(TONE_NAME)
        has_audio = number != name and number.isdecimal()
        incoming.answering = Answering(audio=Audio(int(number)) if has_audio else None)
        self._arrived += has_audio
        self.calls.append(TonedCall(incoming, has_audio=has_audio))
