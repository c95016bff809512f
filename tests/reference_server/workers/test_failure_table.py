"""Wrong passwords, counted together."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from reference_server.lockout import OwnFailures
from reference_server.workers.failure_table import SLOTS, FailureTable
from tests.reference_server.workers.unnamed_file import unnamed_file

PAIRS = st.tuples(st.sampled_from(["10.0.0.1", "10.0.0.2"]), st.sampled_from(["joe", "jim", "\ud800"]))


def test_what_one_worker_counts_another_sees(tmp_path: Path) -> None:
    one, other = (FailureTable(tmp_path / "f", 3, 60) for _ in range(2))
    assert other.times("10.0.0.1", "joe") == []
    one.add("10.0.0.1", "joe", 5.0)
    other.add("10.0.0.1", "joe", 6.0)
    assert one.times("10.0.0.1", "joe") == other.times("10.0.0.1", "joe") == [5.0, 6.0]
    assert one.times("10.0.0.1", "jim") == []
    other.clear("10.0.0.1", "joe")
    assert one.times("10.0.0.1", "joe") == []
    one.close()
    other.close()


@given(st.lists(st.tuples(PAIRS, st.sampled_from(["add", "clear"]), st.integers(0, 90)), max_size=40))
def test_it_counts_as_a_single_process_counts(steps: list[tuple[tuple[str, str], str, int]]) -> None:
    table, model, now = unnamed_file(lambda path: FailureTable(path, 3, 60)), OwnFailures(3, 60), 1.0
    for pair, what, later in steps:
        now += later
        if what == "add":
            table.add(*pair, now)
            model.add(*pair, now)
        else:
            table.clear(*pair)
            model.clear(*pair)
        assert table.times(*pair) == model.times(*pair)
    table.close()


def test_the_pair_that_failed_longest_ago_gives_way(tmp_path: Path) -> None:
    table = FailureTable(tmp_path / "f", 2, 1e9)
    for number in range(SLOTS + 1):
        table.add("10.0.0.1", str(number), 1.0 + number)
    assert table.times("10.0.0.1", "0") == []
    assert table.times("10.0.0.1", "1") == [2.0]
    assert table.times("10.0.0.1", str(SLOTS)) == [1.0 + SLOTS]
    table.close()
