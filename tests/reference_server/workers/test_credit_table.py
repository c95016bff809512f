"""Credit of several processes, reserved from one purse."""

import multiprocessing
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference_server.ledger.movement import MONEY, SECONDS
from reference_server.workers.credit_table import CreditTable
from reference_server.workers.profile_rows import ProfileRows

WORKERS = 3
START = 100
ROUNDS = 2000
PATIENCE = 100.0  # seconds for another process

Step = tuple[int, str, str, int]
"""Worker, what it does, unit, amount."""
STEPS = st.lists(
    st.tuples(
        st.integers(0, WORKERS - 1),
        st.sampled_from(("take", "give", "spend")),
        st.sampled_from((MONEY, SECONDS)),
        st.integers(0, 60),
    )
)


def opened(path: Path, worker: int | None) -> CreditTable:
    return CreditTable(path, ProfileRows(path.with_suffix(".rows")), WORKERS, worker)


@contextmanager
def tables(money: int = START, seconds: int = START) -> Iterator[tuple[CreditTable, list[CreditTable]]]:
    """The parent's table and the workers', with something to spend for the profile `one`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "credit"
        parent = opened(path, None)
        parent.set("one", money, seconds)
        parent.set("two", 7, 7)
        yield parent, [opened(path, worker) for worker in range(WORKERS)]


def there(table: CreditTable, unit: str) -> int:
    return table.available("one") if unit == MONEY else table.bundle_seconds("one")


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_what_is_there_held_and_spent_is_always_what_there_was(steps: list[Step]) -> None:
    held = {(worker, unit): 0 for worker in range(WORKERS) for unit in (MONEY, SECONDS)}
    spent = dict.fromkeys((MONEY, SECONDS), 0)
    with tables() as (parent, workers):
        for worker, step, unit, amount in steps:
            own = min(amount, held[worker, unit])
            if step == "take":
                held[worker, unit] += workers[worker].take("one", unit, amount, 0)
            elif step == "give":
                workers[worker].give("one", unit, own)
                held[worker, unit] -= own
            else:
                workers[worker].spend("one", *((own, 0) if unit == MONEY else (0, own)))
                held[worker, unit] -= own
                spent[unit] += own
            for each in (MONEY, SECONDS):
                reserved = sum(held[one, each] for one in range(WORKERS))
                assert there(parent, each) == START - reserved - spent[each]
        for worker in range(WORKERS):
            parent.clear(worker, {})
        assert [there(parent, unit) for unit in (MONEY, SECONDS)] == [
            START - spent[unit] for unit in (MONEY, SECONDS)
        ]
        assert (parent.available("two"), parent.bundle_seconds("two")) == (7, 7)


def test_a_dead_worker_gives_back_what_it_held_less_what_its_calls_cost() -> None:
    with tables() as (parent, workers):
        assert workers[0].take("one", MONEY, 30, 1) == 30
        assert workers[1].take("one", MONEY, 20, 1) == 20
        assert workers[0].take("one", SECONDS, 60, 1) == 60
        parent.clear(0, {"one": (12, 45)})
        assert parent.available("one") == START - 20 - 12
        assert parent.bundle_seconds("one") == START - 45
        parent.clear(0, {})
        assert parent.available("one") == START - 20 - 12


def test_less_than_is_needed_is_not_taken() -> None:
    with tables() as (_, workers):
        assert workers[0].take("one", MONEY, 150, 101) == 0
        assert workers[0].take("one", MONEY, 150, 100) == 100
        assert workers[1].take("one", MONEY, 1, 0) == 0


def test_credit_that_the_manager_adds_is_nobodys_reservation() -> None:
    with tables() as (parent, workers):
        workers[0].take("one", MONEY, 60, 1)
        parent.give("one", MONEY, 500)
        assert parent.take("one", MONEY, 10, 10) == 10
        parent.clear(0, {})
        assert parent.available("one") == START + 490


@pytest.mark.parametrize("amount", [-1, -500])
def test_nobody_gives_less_than_nothing(amount: int) -> None:
    with tables() as (parent, _), pytest.raises(ValueError, match="give 0 or more"):
        parent.give("one", MONEY, amount)


def spend_all(path: Path, worker: int, spent: "multiprocessing.Queue[int]") -> None:
    """Takes what it can get at random, gives some back and spends the rest for good."""
    table, rng, total = opened(path, worker), random.Random(worker), 0
    for _ in range(ROUNDS):
        taken = table.take("one", MONEY, rng.randrange(1, 9), 1)
        back = rng.randrange(taken + 1)
        table.give("one", MONEY, back)
        table.spend("one", taken - back, 0)
        total += taken - back
    spent.put(total)


def test_processes_never_spend_the_same_credit(tmp_path: Path) -> None:
    money = 5 * ROUNDS
    parent = opened(tmp_path / "credit", None)
    parent.set("one", money, 0)
    spent: multiprocessing.Queue[int] = multiprocessing.Queue()
    processes = [
        multiprocessing.Process(target=spend_all, args=(tmp_path / "credit", worker, spent))
        for worker in range(WORKERS)
    ]
    for process in processes:
        process.start()
    total = sum(spent.get(timeout=PATIENCE) for _ in processes)
    for process in processes:
        process.join(PATIENCE)
    assert total + parent.available("one") == money
    for worker in range(WORKERS):
        parent.clear(worker, {})
    assert total + parent.available("one") == money
