"""A phone behind the PBX that the harness cannot play: a device moved by commands, or a person with prompts.

What such a phone hears nobody can tell, and what it shows only where `device_watch` listens to it; without,
scenarios judge its calls by the trunk's side alone. The phones of the harness are `inside_phone`.
"""

from collections.abc import Callable

from harness.checks.breach import Inconclusive, NotApplicable
from harness.drivers.errors import WaitTimeout
from harness.drivers.phone_call import PhoneCall
from harness.pytest_plugin.device_command import run_command
from harness.pytest_plugin.device_watch import DeviceWatch, Happening
from harness.pytest_plugin.operator_desk import Answer, OperatorDesk
from harness.pytest_plugin.trunk_side import TrunkSide
from harness.settings.pbx_phone import InsidePhone

END_PATIENCE = 2.0
"""Seconds that a call has to end between two scenarios."""

Act = Callable[[str, str, str], None]
"""Does an action: its name in [phone.commands], a number, digits."""
Wait = Callable[[Callable[[], bool], float], bool]
"""Lets other phones go on until a predicate holds (True) or so many seconds are over."""


class DeviceCall:
    """A call of such a phone."""

    def __init__(self, line: "DeviceLine") -> None:
        self._line = line

    @property
    def sip(self) -> PhoneCall:
        raise Inconclusive(f"nobody can see what phone {self._line.extension} sees and hears")

    def ring(self) -> None:
        """It rings by itself."""

    def wait_refused(self, timeout: float) -> int:
        self._line.wait_for("refused", "ended", timeout=timeout, what="refusal")
        return self._line.status_told()

    def wait_ended(self, timeout: float) -> None:
        self._line.wait_for("refused", "ended", timeout=timeout, what="end of the call")

    def is_over(self) -> bool:
        return self._line.has_seen("answered", "refused", "ended")

    def answer(self) -> None:
        self._line.do("answer")

    def reject(self, status: int = 486) -> None:
        self._line.do("reject")

    def hang_up(self) -> None:
        self._line.do("hang_up")

    def hold(self) -> None:
        self._line.do("hold")

    def resume(self) -> None:
        self._line.do("resume")

    def send_dtmf(self, digits: str) -> None:
        self._line.do("digits", digits=digits)

    def play_tone(self, hz: float) -> None:
        """What it sends is its own affair."""


class DeviceLine:
    """An extension with such a phone."""

    def __init__(
        self,
        settings: InsidePhone,
        act: Act,
        wait: Wait | None = None,
        watch: DeviceWatch | None = None,
        release: Callable[[], None] | None = None,
    ) -> None:
        """`watch` tells what happens to it, and `wait` lets time pass meanwhile; without, nobody sees.

        `release` ends its calls from the trunk's side, so that nobody needs to be asked.
        """
        self._release = release
        self.extension = settings.extension
        self._act = act
        self._wait = wait
        self._watch = watch
        self._in_call = False

    @property
    def shows_calls(self) -> bool:
        """Whether anybody watches it."""
        return self._watch is not None

    def do(self, action: str, *, number: str = "", digits: str = "") -> None:
        """Let it do something. Raises Inconclusive or NotApplicable."""
        self._in_call = (
            action != "hang_up" or self._watch is not None
        )  # a watched call is over when it says so
        self._act(action, number, digits)

    def dial(self, number: str, **options: object) -> DeviceCall:
        if options:
            raise NotApplicable("this needs a phone that the harness plays")
        if self._watch is not None:
            self._let_end()
            self._watch.forget()
        self.do("dial", number=number)
        return DeviceCall(self)

    def wait_incoming(self, timeout: float) -> DeviceCall:
        self._in_call = True
        if self._watch is not None:
            self.wait_for("rings", timeout=timeout, what="incoming call")
        return DeviceCall(self)

    def wait_for(self, *kinds: Happening, timeout: float, what: str) -> None:
        """Until one of these has happened. Raises WaitTimeout; Inconclusive where nobody watches."""
        watch = self._watch
        if watch is None or self._wait is None:
            raise Inconclusive(f"nobody can see what phone {self.extension} shows")
        if not self._wait(lambda: watch.has(*kinds), timeout):
            raise WaitTimeout(what, timeout, [event.kind for event in watch.events()])

    def has_seen(self, *kinds: Happening) -> bool:
        """Whether one of these has happened since it was made ready, as far as anybody watches."""
        return self._watch is not None and self._watch.has(*kinds)

    def status_told(self) -> int:
        """Of the refusal that it was told last. Inconclusive when it does not show the status."""
        statuses = [event.status for event in self._watch.events()] if self._watch is not None else []
        told = next((status for status in reversed(statuses) if status), 0)
        if not told:
            raise Inconclusive(f"phone {self.extension} does not show why a call is refused")
        return told

    def ring(self) -> bool:
        return self.has_seen("rings")

    def make_ready(self) -> None:
        self._in_call = False
        if self._watch is not None:
            self._watch.start()
            self._watch.forget()

    def end_calls(self) -> None:
        if self._release is not None:
            self._release()
        elif self._is_open():
            try:
                self.do("hang_up")
            except (Inconclusive, NotApplicable):
                pass  # it may be over by now
            self._let_end()
        self._in_call = False

    def _is_open(self) -> bool:
        """Whether it has a call, as far as anybody can tell."""
        events = self._watch.events() if self._watch is not None else []
        return events[-1].kind in ("rings", "answered") if events else self._in_call

    def _let_end(self) -> None:
        if self._wait is not None and self._watch is not None:
            self._wait(lambda: not self._is_open(), END_PATIENCE)

    def close(self) -> None:
        if self._watch is not None:
            self._watch.close()


def commanded(settings: InsidePhone, wait: Wait) -> DeviceLine:
    """A device that commands move. `wait` lets phones go on meanwhile."""
    commands = settings.commands
    assert commands is not None

    def act(action: str, number: str, digits: str) -> None:
        words = commands.words(action, number=number, digits=digits)
        if not words:
            if action == "answer":
                return  # it answers by itself
            raise Inconclusive(f"pbx.toml has no command that lets phone {settings.extension} {action}")
        run_command(words, f"phone {settings.extension}", action)

    words = commands.words("watch")
    return DeviceLine(settings, act, wait, DeviceWatch(words, settings.extension) if words else None)


def manual(settings: InsidePhone, desk: OperatorDesk, seconds: float, trunk: TrunkSide) -> DeviceLine:
    """A phone in a person's hand, who has so many seconds for each action; the trunk sees when it is done."""
    texts = {
        "dial": "On phone {extension} dial {number}",
        "hang_up": "Hang up phone {extension}",
        "answer": "Answer the call on phone {extension}",
        "reject": "Reject the call on phone {extension} as busy",
        "hold": "Put the call on phone {extension} on hold",
        "resume": "Take the call on phone {extension} back from hold",
        "digits": "Press {digits} on phone {extension}",
    }

    def act(action: str, number: str, digits: str) -> None:
        text = texts[action].format(extension=settings.extension, number=number, digits=digits)
        answer = desk.ask(text, seconds, until=_seen_to_be_done(action, trunk))
        if answer is not Answer.DONE:
            words = "was skipped" if answer is Answer.SKIPPED else f"was not done within {seconds:g} s"
            raise Inconclusive(f"{text!r} {words}")

    return DeviceLine(settings, act, release=trunk.release)


def _seen_to_be_done(action: str, trunk: TrunkSide) -> Callable[[], bool] | None:
    """What tells, at the trunk, that a person has done it; None where it does not show there."""
    before = len(trunk.leg().outbound)
    match action:
        case "dial":
            return lambda: len(trunk.leg().outbound) > before
        case "answer":
            return lambda: any(call.answer is not None for call in trunk.leg().inbound[-1:])
        case "hang_up" | "reject":
            return lambda: not trunk.has_calls()
        case _:
            return None
