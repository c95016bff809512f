"""A phone behind the PBX that the harness cannot play: a device moved by commands, or a person with prompts.

What such a phone sees and hears nobody can tell, so scenarios judge its calls by the trunk's side alone. The
phones of the harness are `inside_phone`.
"""

import subprocess
from collections.abc import Callable

from harness.checks.breach import Inconclusive, NotApplicable
from harness.drivers.phone_call import PhoneCall
from harness.pytest_plugin.operator_desk import Answer, OperatorDesk
from harness.settings.pbx_phone import InsidePhone

COMMAND_PATIENCE = 15.0
"""Seconds that a command may take."""

Act = Callable[[str, str, str], None]
"""Does an action: its name in [phone.commands], a number, digits."""


class DeviceCall:
    """A call of such a phone."""

    def __init__(self, line: "DeviceLine") -> None:
        self._line = line

    @property
    def sip(self) -> PhoneCall:
        raise Inconclusive(f"nobody can see what phone {self._line.extension} sees and hears")

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

    def __init__(self, settings: InsidePhone, act: Act) -> None:
        self.extension = settings.extension
        self._act = act
        self._in_call = False

    def do(self, action: str, *, number: str = "", digits: str = "") -> None:
        """Let it do something. Raises Inconclusive or NotApplicable."""
        self._in_call = action != "hang_up"
        self._act(action, number, digits)

    def dial(self, number: str, **options: object) -> DeviceCall:
        if options:
            raise NotApplicable("this needs a phone that the harness plays")
        self.do("dial", number=number)
        return DeviceCall(self)

    def wait_incoming(self, timeout: float) -> DeviceCall:
        self._in_call = True
        return DeviceCall(self)

    def ring(self) -> bool:
        return False

    def make_ready(self) -> None:
        """Nothing can be done for it."""

    def end_calls(self) -> None:
        if self._in_call:
            try:
                self.do("hang_up")
            except (Inconclusive, NotApplicable):
                self._in_call = False

    def close(self) -> None:
        """It stays where it is."""


def commanded(settings: InsidePhone) -> DeviceLine:
    """A device that commands move."""
    commands = settings.commands
    assert commands is not None

    def act(action: str, number: str, digits: str) -> None:
        words = commands.words(action, number=number, digits=digits)
        if not words:
            if action == "answer":
                return  # it answers by itself
            raise NotApplicable(f"phone {settings.extension} has no command for {action}")
        try:
            done = subprocess.run(
                words,
                capture_output=True,
                text=True,
                timeout=COMMAND_PATIENCE,
                stdin=subprocess.DEVNULL,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Inconclusive(
                f"phone {settings.extension}: the command {words[0]} failed: {error}"
            ) from None
        if done.returncode != 0:
            said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise Inconclusive(f"phone {settings.extension}: {action} ended with {done.returncode}: {said}")

    return DeviceLine(settings, act)


def manual(settings: InsidePhone, desk: OperatorDesk, seconds: float) -> DeviceLine:
    """A phone in a person's hand, who has so many seconds for each action."""
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
        answer = desk.ask(text, seconds)
        if answer is not Answer.DONE:
            words = "was skipped" if answer is Answer.SKIPPED else f"was not done within {seconds:g} s"
            raise Inconclusive(f"{text!r} {words}")

    return DeviceLine(settings, act)
