"""Sessions send in step, each at its own interval."""

from functools import partial

import pytest

from harness.sip.timers import TimerQueue
from harness.ua.endpoint import TimedAction
from harness.ua.pacing import Beat, Pacer

START = 1_000_000.0
"""Seconds."""


class Metronome:
    """Timers, a pacer and a clock."""

    def __init__(self) -> None:
        self.timers: TimerQueue[TimedAction] = TimerQueue()
        self.pacer = Pacer(self.timers)
        self.now = START
        self.strikes = 0
        """Timers that fired."""

    def run(self, until: float) -> None:
        """Lets time pass until so many seconds after the start."""
        while (at := self.timers.next_timer()) is not None and at <= START + until:
            self.now = max(self.now, at)
            for action in self.timers.due(self.now):
                self.strikes += 1
                action(self.now)
        self.now = START + until


class Drummer:
    """Notes when it sends; stops by itself after `limit`."""

    def __init__(self, metronome: Metronome, limit: int = 1000) -> None:
        self._metronome = metronome
        self._limit = limit
        self.beat: Beat | None = None
        self.sent: list[float] = []

    def join(self, ptime: int = 20) -> "Drummer":
        self.beat = self._metronome.pacer.join(self, ptime, self._metronome.now)
        return self

    def leave(self) -> None:
        assert self.beat is not None
        self._metronome.pacer.leave(self, self.beat)

    def send_frame(self) -> None:
        self.sent.append(round(self._metronome.now - START, 6))
        if len(self.sent) == self._limit:
            self.leave()


def test_packets_leave_every_ptime_from_the_first_interval_on() -> None:
    metronome = Metronome()
    drummer = Drummer(metronome).join(20)
    slow = Drummer(metronome).join(30)
    metronome.run(0.1)
    assert drummer.sent == pytest.approx([0.02, 0.04, 0.06, 0.08, 0.1])
    assert slow.sent == pytest.approx([0.03, 0.06, 0.09])


def test_many_sessions_share_the_timers_of_ten_beats() -> None:
    metronome = Metronome()
    drummers = []
    for number in range(300):
        metronome.run(number * 0.0017)
        drummers.append(Drummer(metronome).join())
    metronome.strikes = 0
    metronome.run(2.0)
    before = [len(drummer.sent) for drummer in drummers]
    metronome.run(3.0)
    assert {len(drummer.sent) - earlier for drummer, earlier in zip(drummers, before, strict=True)} == {50}
    assert len(metronome.timers) <= 10
    for drummer in drummers:
        gaps = [later - one for one, later in zip(drummer.sent, drummer.sent[1:], strict=False)]
        assert gaps == pytest.approx([0.02] * len(gaps))


def test_who_joins_just_before_a_beat_waits_for_the_next() -> None:
    metronome = Metronome()
    Drummer(metronome).join()
    metronome.run(0.0199)
    late = Drummer(metronome).join()
    metronome.run(0.05)
    assert late.sent == pytest.approx([0.04])


def test_a_beat_that_is_far_too_late_is_struck_once_and_goes_on_in_step() -> None:
    metronome = Metronome()
    drummer = Drummer(metronome).join()
    metronome.now = START + 3.001
    metronome.run(3.05)
    assert drummer.sent == pytest.approx([3.001, 3.02, 3.04])


def test_a_beat_that_is_a_little_late_is_made_up_for() -> None:
    metronome = Metronome()
    drummer = Drummer(metronome).join()
    metronome.now = START + 0.065
    metronome.run(0.08)
    assert drummer.sent == pytest.approx([0.065, 0.065, 0.065, 0.08])


def test_nobody_left_is_no_timer_left() -> None:
    metronome = Metronome()
    Drummer(metronome, limit=2).join()
    other = Drummer(metronome).join()
    metronome.run(0.1)
    other.leave()
    other.leave()
    assert len(metronome.timers) == 0
    again = Drummer(metronome).join()
    metronome.run(0.2)
    assert len(again.sent) == 5


def test_leaving_while_others_are_struck_is_heeded() -> None:
    metronome = Metronome()
    first, second = Drummer(metronome), Drummer(metronome)
    leave = partial(second.leave)

    class Leaver(Drummer):
        def send_frame(self) -> None:
            super().send_frame()
            leave()

    first = Leaver(metronome).join()
    second.join()
    metronome.run(0.1)
    assert len(first.sent) == 5
    assert len(second.sent) <= 1
