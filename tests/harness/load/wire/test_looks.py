"""A socket is looked at when something comes, and by the clock while much comes."""

from collections.abc import Callable
from typing import Any

from harness.load.wire.looks import BUSY, COUNTED, PAUSE, Looks

LONG_ENOUGH = 2 * COUNTED


class Watcher:
    """A watcher of a loop that does nothing by itself."""

    def __init__(self, *_: object) -> None:
        self.callback: Callable[[], None] | None = None

    def start(self, callback: Callable[[], None]) -> None:
        """Fires from now on."""
        self.callback = callback

    again = start

    def stop(self) -> None:
        """Fires no more."""
        self.callback = None

    close = stop


class Loop:
    """Both watchers, fired by hand, and the time."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.socket = Watcher()
        self.clock = Watcher()
        self.coming = 0
        self.taken = 0

    def io(self, *_: object) -> Watcher:
        return self.socket

    def timer(self, *_: object) -> Watcher:
        return self.clock

    def look(self) -> int:
        count, self.coming = self.coming, 0
        self.taken += count
        return count

    def pass_time(self, seconds: float, packets: int) -> None:
        """Packets come, and whoever is awake for them is called."""
        self.now += seconds
        self.coming += packets
        for watcher in (self.clock, self.socket):
            if watcher.callback is not None:
                watcher.callback()
                break


def looks_on(loop: Loop, *, may_wait: bool = True) -> Looks:
    whole: Any = loop
    return Looks(whole, 3, loop.look, clock=lambda: loop.now, may_wait=may_wait)


def much(seconds: float) -> int:
    return int(2 * BUSY * seconds)


def test_each_packet_is_taken_at_once_while_few_come() -> None:
    loop = Loop()
    looks = looks_on(loop)
    for _ in range(20):
        loop.pass_time(LONG_ENOUGH, 1)
    assert (loop.taken, looks.by_the_clock) == (20, False)


def test_much_is_left_for_the_clock_and_taken_when_its_time_is_up() -> None:
    loop = Loop()
    looks = looks_on(loop)
    loop.pass_time(LONG_ENOUGH, much(LONG_ENOUGH))
    assert looks.by_the_clock
    assert loop.socket.callback is None
    taken = loop.taken
    loop.pass_time(PAUSE, much(PAUSE))
    assert loop.taken == taken + much(PAUSE)
    assert looks.by_the_clock


def test_when_less_comes_packets_wake_again() -> None:
    loop = Loop()
    looks = looks_on(loop)
    loop.pass_time(LONG_ENOUGH, much(LONG_ENOUGH))
    loop.pass_time(LONG_ENOUGH, 1)
    assert not looks.by_the_clock
    assert loop.clock.callback is None
    loop.pass_time(PAUSE, 1)
    assert loop.coming == 0


def test_without_times_of_their_own_packets_never_wait() -> None:
    loop = Loop()
    looks = looks_on(loop, may_wait=False)
    for _ in range(5):
        loop.pass_time(LONG_ENOUGH, much(LONG_ENOUGH))
    assert not looks.by_the_clock


def test_who_is_awake_anyway_looks_only_while_the_clock_decides() -> None:
    loop = Loop()
    looks = looks_on(loop)
    loop.coming = 1
    looks.look_along()
    assert loop.taken == 0
    loop.pass_time(LONG_ENOUGH, much(LONG_ENOUGH))
    loop.coming = 1
    looks.look_along()
    assert loop.coming == 0


def test_after_closing_nothing_fires() -> None:
    loop = Loop()
    looks_on(loop).close()
    assert loop.socket.callback is loop.clock.callback is None
