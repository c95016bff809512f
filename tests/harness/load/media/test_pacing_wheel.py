from collections import Counter

from harness.load.media.pacing_wheel import TICK, TICKS, PacingWheel


def test_every_call_sends_once_in_twenty_milliseconds() -> None:
    wheel, sent = PacingWheel(), Counter[int]()
    senders = [lambda now, number=number: sent.update([number]) for number in range(25)]
    for sender in senders:
        wheel.add(sender)
    for step in range(TICKS * 50):
        wheel.turn(100 + step * TICK)
    assert len(wheel) == 25
    assert set(sent.values()) <= {49, 50, 51}
    assert len(sent) == 25


def test_calls_are_spread_over_the_ticks() -> None:
    wheel = PacingWheel()
    now: list[float] = []
    for _ in range(TICKS * 3):
        wheel.add(now.append)
    for step in range(TICKS):
        wheel.turn(100 + step * TICK)
    assert set(Counter(now).values()) == {3}


def test_a_late_turn_makes_up_for_what_was_missed() -> None:
    wheel, now = PacingWheel(), list[float]()
    wheel.add(now.append)
    wheel.turn(100)
    wheel.turn(100.21)
    assert 10 <= len(now) <= 11
    assert wheel.skipped == 0


def test_what_is_much_too_late_is_left_out() -> None:
    wheel, now = PacingWheel(), list[float]()
    wheel.add(now.append)
    wheel.turn(100)
    wheel.turn(110)
    assert len(now) <= 2
    assert wheel.skipped > 0


def test_a_call_that_has_ended_sends_nothing() -> None:
    wheel, now = PacingWheel(), list[float]()
    sender = now.append
    wheel.add(sender)
    wheel.remove(sender)
    wheel.remove(sender)
    for step in range(TICKS):
        wheel.turn(100 + step * TICK)
    assert now == []
