from hypothesis import given
from hypothesis import strategies as st

from harness.load.engine.fixed_delay import GRAIN, FixedDelay


@given(st.lists(st.floats(0, 2), max_size=50))
def test_nothing_is_early_lost_or_much_too_late(gaps: list[float]) -> None:
    delay: FixedDelay[tuple[int, float]] = FixedDelay(0.5)
    now, came, seen = 100.0, 0, []
    for gap in [*gaps, 1.0, 1.0]:
        now += gap
        for number, at in delay.due(now):
            assert now - at >= 0.5
            seen.append(number)
        if came < len(gaps):
            delay.newest.append((came, now))
            came += 1
        at_next = delay.next_time()
        assert at_next is None or at_next <= now + 0.5 + GRAIN + 1e-9
    assert seen == list(range(len(gaps)))
    assert len(delay) == 0


def test_an_idle_queue_holds_nothing() -> None:
    delay: FixedDelay[int] = FixedDelay(0.5)
    for step in range(1000):
        assert list(delay.due(step * 0.01)) == []
    assert delay.next_time() is None
    assert len(delay._buckets) == 1  # noqa: SLF001  # that is what the test is about
