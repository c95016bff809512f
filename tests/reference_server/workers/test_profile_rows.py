"""Rows of profiles, the same for all processes."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_server.workers.profile_rows import MOST_PROFILES, ProfileRows, TooManyProfiles


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rows"


@given(asked=st.lists(st.tuples(st.integers(0, 2), st.text(max_size=20))))
def test_all_see_one_row_a_profile_whoever_asks_first(
    tmp_path_factory: pytest.TempPathFactory, asked: list[tuple[int, str]]
) -> None:
    path = tmp_path_factory.mktemp("rows") / "rows"
    processes = [ProfileRows(path) for _ in range(3)]
    first: dict[str, int] = {}
    for process, username in asked:
        row = processes[process].row(username)
        assert row == first.setdefault(username, row)
    assert sorted(first.values()) == list(range(len(first)))
    assert [processes[0].row(name) for name in first] == [processes[2].row(name) for name in first]
    for each in processes:
        each.close()


def test_a_trunk_that_had_too_many_profiles_says_what_to_do(path: Path) -> None:
    rows = ProfileRows(path)
    for number in range(MOST_PROFILES):
        rows.row(str(number))
    with pytest.raises(TooManyProfiles, match="seen 4096 profiles since the start; restart the trunk"):
        rows.row("one more")
    assert rows.row("0") == 0
    rows.close()
