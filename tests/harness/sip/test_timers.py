"""The timer queue and the base values."""

from hypothesis import given
from hypothesis import strategies as st

from harness.sip.timers import COMPACT_AT, TimerQueue, TimerSettings


def test_the_timeout_is_32_seconds_by_default() -> None:
    """RFC 3261 section 17, table 4."""
    assert TimerSettings().timeout == 32.0


def test_timers_become_due_in_order_of_time_then_of_scheduling() -> None:
    queue: TimerQueue[str] = TimerQueue()
    queue.schedule(2.0, "late")
    queue.schedule(1.0, "first")
    queue.schedule(1.0, "second")
    assert list(queue.due(1.0)) == ["first", "second"]
    assert queue.next_timer() == 2.0


def test_a_cancelled_timer_is_never_due() -> None:
    queue: TimerQueue[str] = TimerQueue()
    handle = queue.schedule(1.0, "gone")
    queue.cancel(handle)
    queue.cancel(handle)
    assert queue.next_timer() is None
    assert list(queue.due(9.0)) == []
    assert len(queue) == 0


def test_handling_a_timer_may_cancel_the_next_one() -> None:
    queue: TimerQueue[str] = TimerQueue()
    queue.schedule(1.0, "first")
    second = queue.schedule(1.0, "second")
    seen = []
    for token in queue.due(1.0):
        seen.append(token)
        queue.cancel(second)
    assert seen == ["first"]


def test_cancelling_after_firing_changes_nothing() -> None:
    queue: TimerQueue[str] = TimerQueue()
    handle = queue.schedule(1.0, "fired")
    assert list(queue.due(1.0)) == ["fired"]
    queue.cancel(handle)
    assert len(queue) == 0


def test_many_cancelled_timers_do_not_pile_up() -> None:
    queue: TimerQueue[int] = TimerQueue()
    for number in range(10 * COMPACT_AT):
        queue.cancel(queue.schedule(32.0, number))
    assert len(queue._heap) <= 2 * COMPACT_AT  # noqa: SLF001 - the size is what this test is about


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans())), st.integers(0, 50))
def test_exactly_the_live_timers_up_to_now_are_due(plan: list[tuple[int, bool]], now: int) -> None:
    queue: TimerQueue[int] = TimerQueue()
    handles = [(queue.schedule(float(at), index), kept) for index, (at, kept) in enumerate(plan)]
    for handle, kept in handles:
        if not kept:
            queue.cancel(handle)
    live = [(at, index) for index, (at, kept) in enumerate(plan) if kept]
    assert list(queue.due(float(now))) == [index for at, index in sorted(live) if at <= now]
    assert queue.next_timer() == min((at for at, _ in live if at > now), default=None)
