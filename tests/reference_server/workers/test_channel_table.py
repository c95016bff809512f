"""Channels of several processes, counted together."""

import multiprocessing
import random
import tempfile
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference_server.workers.channel_table import ChannelTable
from reference_server.workers.profile_rows import ProfileRows

WORKERS = 4
LIMIT = 7
PROFILES = ("one", "two")
ROUNDS = 3000
PATIENCE = 100.0  # seconds for another process


def opened(path: Path, workers: int, worker: int = 0) -> ChannelTable:
    return ChannelTable(path, ProfileRows(path.with_suffix(".rows")), workers, worker)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, WORKERS - 1), st.sampled_from(PROFILES), st.booleans())))
def test_the_sum_of_all_never_passes_the_limit(steps: list[tuple[int, str, bool]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        tables = [opened(Path(folder) / "t", WORKERS, worker) for worker in range(WORKERS)]
    held = dict.fromkeys([(worker, profile) for worker in range(WORKERS) for profile in PROFILES], 0)
    for worker, profile, take in steps:
        used = sum(count for (_, name), count in held.items() if name == profile)
        if take:
            assert tables[worker].take(profile, LIMIT) == used
            held[worker, profile] += used < LIMIT
        else:
            tables[worker].release(profile)
            held[worker, profile] = max(0, held[worker, profile] - 1)
        used = sum(count for (_, name), count in held.items() if name == profile)
        assert {table.used(profile) for table in tables} == {used}
    for table in tables:
        table.close()


def work(path: Path, worker: int, most: "multiprocessing.Queue[int]") -> None:
    """Takes and releases at random, and tells the highest sum it saw; ends with nothing held."""
    table = opened(path, WORKERS, worker)
    rng, held, highest = random.Random(worker), 0, 0
    for _ in range(ROUNDS):
        if held and rng.random() < 0.5:
            table.release("one")
            held -= 1
        elif table.take("one", LIMIT) < LIMIT:
            held += 1
        highest = max(highest, table.used("one"))
    for _ in range(held):
        table.release("one")
    most.put(highest)


def hold(path: Path, worker: int, taken: "multiprocessing.Queue[int]") -> None:
    """Takes what there is, and waits to be killed."""
    table = opened(path, WORKERS, worker)
    for _ in range(LIMIT):
        taken.put(table.take("two", LIMIT))
    multiprocessing.Event().wait()


def started(processes: list[BaseProcess]) -> None:
    for process in processes:
        process.start()


def test_processes_at_work_together_never_pass_the_limit_and_end_at_zero(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    most: multiprocessing.Queue[int] = context.Queue()
    processes = [context.Process(target=work, args=(tmp_path / "t", n, most)) for n in range(WORKERS)]
    started([*processes])
    highest = [most.get(timeout=PATIENCE) for _ in processes]
    for process in processes:
        process.join(PATIENCE)
    assert max(highest) == LIMIT
    table = opened(tmp_path / "t", WORKERS)
    assert [table.used(profile) for profile in PROFILES] == [0, 0]
    table.close()


@pytest.mark.parametrize("while_locked", [False, True])
def test_a_process_that_dies_leaves_no_lock_and_its_channels_can_be_freed(
    tmp_path: Path, while_locked: bool
) -> None:
    context = multiprocessing.get_context("spawn")
    taken: multiprocessing.Queue[int] = context.Queue()
    table = opened(tmp_path / "t", WORKERS, 0)
    target = hold_locked if while_locked else hold
    process = context.Process(target=target, args=(tmp_path / "t", 2, taken))
    process.start()
    assert [taken.get(timeout=PATIENCE) for _ in range(LIMIT)] == list(range(LIMIT))
    process.kill()
    process.join(PATIENCE)
    assert table.take("two", LIMIT) == LIMIT
    assert table.clear(2) == LIMIT
    assert table.take("two", LIMIT) == 0
    table.close()


def hold_locked(path: Path, worker: int, taken: "multiprocessing.Queue[int]") -> None:
    """The same, and dies in the middle of taking."""
    table = opened(path, WORKERS, worker)
    counts = [table.take("two", LIMIT) for _ in range(LIMIT)]
    with table.locked():
        for count in counts:
            taken.put(count)
        multiprocessing.Event().wait()
