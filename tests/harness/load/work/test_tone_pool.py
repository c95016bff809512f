"""Tones: no two calls have the same while there are enough."""

from hypothesis import given
from hypothesis import strategies as st

from harness.load.work.tone_pool import TONES, TonePool


@given(st.integers(1, 12))
def test_workers_never_share_a_tone(count: int) -> None:
    taken = [TonePool(index, count) for index in range(count)]
    numbers = [pool.take() for pool in taken for _ in range(TONES // count)]
    assert len(numbers) == len(set(numbers))


def test_a_tone_comes_back_and_what_is_shared_is_counted() -> None:
    pool = TonePool()
    first = pool.take()
    for _ in range(TONES - 1):
        pool.take()
    assert pool.shared == 0
    pool.take()
    assert pool.shared == 1
    pool.give_back(first)
    assert pool.take() == first
