"""START HERE for what the fast users do: one class each, on the load engine, without Locust.

A work gets arrivals (`arrive`, with the intended time) and a `tick` now and then; it starts calls and
registrations on the engine's lines and waits for nothing. The engine is `generator`; when arrivals come is
`arrivals`'s business, `load_session` drives both.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from harness.load.figures.attempt import Attempt
from harness.load.load_settings import LoadSettings
from harness.load.schedule.shares import ProfileShare, WorkerShare
from harness.load.work.control_orders import ControlOrders, Inquiry, Order
from harness.load.work.tone_pool import TonePool
from harness.settings.target import Profile

EXPIRES = 300  # seconds that registrations ask for; longer than most load runs
REFRESH_AFTER = 0.5
"""Share of the expiry after which a registration is refreshed."""
NEVER_CAME = 15.0
"""Seconds after which a call that the trunk was told to place counts as lost."""
STORM_BINDINGS = 10
"""Bindings that RegistrationStorm keeps busy on each profile when no number is given; trunks limit them."""


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where a work works."""

    engine: Any
    """`harness.load.generator.Generator`."""
    settings: LoadSettings
    share: WorkerShare
    audio: Callable[[int], Any]
    """Makes the engine's audio of a tone number."""
    answering: Callable[..., Any]
    """Makes the engine's way of answering."""
    now: Callable[[], float]


class Work:
    """A fast user at work; subclasses say what an arrival means."""

    registers = False
    """Whether lines register before the load begins."""

    def __init__(self, place: Workplace) -> None:
        self.place = place
        self.tones = TonePool(place.share.index, place.share.count)
        self.lines: list[tuple[ProfileShare, Any]] = []
        self.turned_away = 0
        """Arrivals that could not be started at all: no line, no free channel of ours."""
        self._turn = 0
        self._refresh_at: float | None = None

    def begin(self, done: Callable[[], None]) -> None:
        """Makes the lines, registers them where that is wanted; tells when the load may begin."""
        self.lines = [
            (part, self.place.engine.line(part.profile))
            for part in self.place.share.profiles
            if part.channels
        ]
        self.prepare()
        registering = [line for part, line in self.lines if self.must_register(part)]
        if not registering:
            done()
            return
        waiting = len(registering)

        def registered(_attempt: Attempt) -> None:
            nonlocal waiting
            waiting -= 1
            if waiting == 0:
                done()

        for line in registering:
            line.register(EXPIRES, done=registered)
        self._refresh_at = self.place.now() + EXPIRES * REFRESH_AFTER

    @property
    def awaited(self) -> int:
        """Calls that were ordered and have not ended."""
        return 0

    def prepare(self) -> None:
        """Before anything is registered."""

    def arrive(self, intended: float) -> None:
        """One arrival of the schedule is due."""
        raise NotImplementedError

    def tick(self, now: float) -> None:
        """Called some times a second."""
        if self._refresh_at is not None and now >= self._refresh_at:
            self._refresh_at = now + EXPIRES * REFRESH_AFTER
            for part, line in self.lines:
                if self.must_register(part):
                    line.register(EXPIRES, intended=now)

    def next_line(self) -> tuple[ProfileShare, Any] | None:
        """The lines by turns; None when this worker has none."""
        if not self.lines:
            self.turned_away += 1
            return None
        self._turn = (self._turn + 1) % len(self.lines)
        return self.lines[self._turn]

    def number(self) -> str:
        """What outgoing calls dial: an echo when there is audio to be judged."""
        settings = self.place.settings
        numbers = settings.target.numbers
        return settings.number or (numbers.echo if settings.audio else numbers.answers)

    def call(self, line: Any, intended: float, done: Callable[[Attempt], None] | None = None) -> None:
        """One outgoing call, with a tone of its own when there is audio."""
        settings = self.place.settings
        if not settings.audio:
            line.call(self.number(), hold=settings.hold, intended=intended, done=done)
            return
        tone = self.tones.take()

        def over(attempt: Attempt) -> None:
            self.tones.give_back(tone)
            if done is not None:
                done(attempt)

        line.call(
            self.number(), hold=settings.hold, intended=intended, done=over, audio=self.place.audio(tone)
        )

    def must_register(self, part: ProfileShare) -> bool:
        """Whether the line of a profile, or of this worker's part of it, registers."""
        return self.registers and part.profile.auth == "registration"


class OutgoingWork(Work):
    """Calls at the rate, without registering."""

    def arrive(self, intended: float) -> None:
        found = self.next_line()
        if found is not None:
            self.call(found[1], intended)


class RegisteringWork(OutgoingWork):
    """Registers each profile, then calls at the rate."""

    registers = True


class OptionsWork(Work):
    """OPTIONS at the rate."""

    def arrive(self, intended: float) -> None:
        found = self.next_line()
        if found is not None:
            found[1].options(intended=intended)


class StormWork(Work):
    """REGISTER at the rate: each arrival takes the next of many bindings one step further round.

    The steps are a first registration, a refresh, and the removal.
    """

    def prepare(self) -> None:
        self._bindings: list[tuple[Any, list[int]]] = []
        per_profile = self.place.settings.calls or STORM_BINDINGS
        for part in self.place.share.profiles:
            if part.profile.auth == "registration":
                self._bindings += [
                    (self.place.engine.line(part.profile), [0])
                    for _ in range(-(-per_profile // self.place.share.count))
                ]
        self._next = 0

    def arrive(self, intended: float) -> None:
        for _ in range(len(self._bindings)):
            line, step = self._bindings[self._next]
            self._next = (self._next + 1) % len(self._bindings)
            if step[0] >= 0:
                self._advance(line, step, intended)
                return
        self.turned_away += 1

    def _advance(self, line: Any, step: list[int], intended: float) -> None:
        at = step[0]
        step[0] = -1  # busy

        def done(attempt: Attempt) -> None:
            step[0] = 0 if attempt.failed else (at + 1) % 3

        if at == 2:
            line.unregister(intended=intended, done=done)
        else:
            line.register(EXPIRES, intended=intended, done=done)


@dataclass(slots=True, eq=False)
class OrderedCall:
    """A call that the trunk was told to place, and that has not ended."""

    intended: float
    over: Callable[[], None]
    """Called when it has ended or is lost."""
    call: str = ""
    """The trunk's id of it, as soon as the order is taken."""


class AnsweringWork(Work):
    """Registers and answers; orders the calls when the target can be told to place them."""

    registers = True

    def prepare(self) -> None:
        control = self.place.settings.target.control
        self._orders = ControlOrders(control.url) if control is not None else None
        self._ordered: dict[str, list[OrderedCall]] = {}
        self.place.engine.on_attempt.append(self._attempt_over)
        self._sounding: dict[int, int] = {}
        for part, line in self.lines:
            line.on_incoming = self._incoming
            self._ordered[part.profile.sip_username] = []

    def arrive(self, intended: float) -> None:
        if self._orders is None:
            return  # the far end calls when it likes
        found = self.next_line()
        if found is not None:
            self.order(found[0].profile, intended)

    @property
    def awaited(self) -> int:
        return sum(len(entries) for entries in self._ordered.values())

    def order(self, profile: Profile, intended: float, over: Callable[[], None] | None = None) -> None:
        """Lets the trunk call the profile; `over` is called when the call has ended or never came."""
        if self._orders is None:
            return
        ordered = OrderedCall(intended, over or (lambda: None))
        entries = self._ordered[profile.sip_username]
        entries.append(ordered)

        def failed(reason: str) -> None:
            if ordered in entries:
                entries.remove(ordered)
                self._lost(profile.sip_username, intended, reason)
                ordered.over()

        def taken(call: str) -> None:
            ordered.call = call

        media = "echo" if self.place.settings.audio else "silence"
        self._orders.place(Order(profile.sip_username, _called(profile), media, failed, taken))

    def tick(self, now: float) -> None:
        super().tick(now)
        patience = NEVER_CAME + self.place.settings.hold
        for username, entries in self._ordered.items():
            while entries and entries[0].intended < now - patience:
                self._never_came(username, entries.pop(0))

    def _never_came(self, username: str, ordered: OrderedCall) -> None:
        """Counts a call as lost, in the words of the trunk where it has any."""

        def lost(words: str) -> None:
            self._lost(username, ordered.intended, f"the ordered call never came; the trunk says: {words}")
            ordered.over()

        if self._orders is None or not ordered.call:
            lost("nothing")
        else:
            self._orders.ask(Inquiry(ordered.call, lost))

    def close(self) -> None:
        """Orders no more."""
        if self._orders is not None:
            self._orders.close()

    def _incoming(self, call: Any) -> None:
        """A call comes in: how it is treated, with a tone of its own when there is audio."""
        settings = self.place.settings
        audio = None
        if settings.audio:
            tone = self.tones.take()
            self._sounding[id(call.attempt)] = tone
            audio = self.place.audio(tone)
        call.answering = self.place.answering(hold=settings.hold, audio=audio)

    def _attempt_over(self, attempt: Attempt) -> None:
        if attempt.kind != "answer":
            return
        tone = self._sounding.pop(id(attempt), None)
        if tone is not None:
            self.tones.give_back(tone)
        entries = self._ordered.get(attempt.profile)
        if entries:
            entries.pop(0).over()

    def _lost(self, username: str, intended: float, reason: str) -> None:
        now = self.place.now()
        lost = Attempt(
            "answer", username, intended, intended, None, None, None, reason, False, None, None, now, False, 0
        )
        for listener in self.place.engine.on_attempt:
            if listener != self._attempt_over:
                listener(lost)


class MixedWork(AnsweringWork):
    """Keeps channels busy, calls of both directions mixed, each with audio of its own.

    An arrival takes a free channel; arrivals that find none are no attempts. Of the workers that share a
    profile only the first registers and takes inbound calls: those of the trunk can't be told whom to reach.
    """

    def prepare(self) -> None:
        super().prepare()
        self.free: list[tuple[ProfileShare, Any, bool]] = []
        """Channels without a call: whose, on which line, and whether the trunk is to call."""
        for part, line in self.lines:
            inbound = self._inbound_channels(part)
            for channel in range(part.channels):
                before, after = (number * inbound // part.channels for number in (channel, channel + 1))
                self.free.append((part, line, before != after))
        self.free.reverse()

    def _inbound_channels(self, part: ProfileShare) -> int:
        """Half of the whole profile's channels, all on the one worker where its calls can arrive."""
        if self._orders is None or not self.must_register(part):
            return 0
        return min(part.channels, part.profile.channels // 2)

    def must_register(self, part: ProfileShare) -> bool:
        return super().must_register(part) and part.first_channel == 0

    def arrive(self, intended: float) -> None:
        if not self.free:
            return
        slot = self.free.pop()
        part, line, inbound = slot

        def over(_attempt: Attempt | None = None) -> None:
            self.free.insert(0, slot)

        if inbound:
            self.order(part.profile, intended, over)
        else:
            self.call(line, intended, over)


WORKS: dict[str, type[Work]] = {
    "RegisteringCaller": RegisteringWork,
    "OutgoingCaller": OutgoingWork,
    "IncomingAnswerer": AnsweringWork,
    "MixedChannels": MixedWork,
    "RegistrationStorm": StormWork,
    "OptionsPinger": OptionsWork,
}
"""By the name of the user."""


def _called(profile: Profile) -> dict[str, str]:
    """What the trunk shall say was called."""
    if profile.online_numbers:
        return {"number": profile.online_numbers[0]}
    if profile.extension_tags:
        return {"account": next(iter(profile.extension_tags))}
    return {}
