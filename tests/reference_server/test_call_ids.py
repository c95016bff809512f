"""Ids of calls: never twice, in the order of time, marked with their worker."""

import itertools
import random

from hypothesis import given
from hypothesis import strategies as st

from reference_server.call_ids import CallIds
from reference_server.workers.marks import MarkedRandom, mark_of

NOW = 1_800_000_000.0


@given(st.lists(st.floats(0, 10), min_size=1, max_size=200), st.integers())
def test_ids_differ_and_grow_with_time(waits: list[float], seed: int) -> None:
    ids, now, made = CallIds(random.Random(seed)), NOW, []
    for wait in waits:
        now += wait
        made.append((int(now * 1000), ids.new(now)))
    assert len({one for _, one in made}) == len(made)
    for (earlier, before), (later, after) in itertools.pairwise(made):
        assert before < after or earlier == later
    assert {len(one) for _, one in made} == {16}


def test_two_processes_that_start_at_the_same_moment_make_others() -> None:
    one, other = CallIds(random.Random(1)), CallIds(random.Random(2))
    assert {one.new(NOW) for _ in range(1000)}.isdisjoint({other.new(NOW) for _ in range(1000)})


def test_the_first_digit_is_the_workers_mark() -> None:
    assert [mark_of(CallIds(MarkedRandom(worker)).new(NOW)) for worker in range(16)] == list(range(16))
