"""The database: what was committed is there after a restart, what was queued alone is not."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from reference_server.settings import ProfileSettings
from reference_server.store.rows import BindingRow, RecordRow, hop_from_text
from reference_server.store.store import Store, StoreError
from tests.reference_server.trunk_play import MAIN, OTHERS, USERNAME


def binding(key: str = "sip:a@10.0.0.2", expires_at: float = 1000.0) -> BindingRow:
    return BindingRow(
        USERNAME, key, f"<{key}>", "udp:10.0.0.2:5060", "udp:10.0.0.1:5060", "", "c", 1, expires_at
    )


def record(call_id: str) -> RecordRow:
    return RecordRow(
        call_id, USERNAME, "outbound", "me", "+17606604690", 1.0, 2.0, 3.0, 200, "BYE", "caller", ""
    )


def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'trunk.sqlite'}"


def settings() -> list[ProfileSettings]:
    return [ProfileSettings.model_validate(one) for one in (MAIN, *OTHERS)]


def test_profiles_come_back_as_they_went_in() -> None:
    store = Store("sqlite://")
    store.replace_profiles(settings())
    assert sorted(store.profiles(), key=lambda one: one.sip_username) == settings()
    store.replace_profiles(settings()[:1])
    assert store.profiles() == settings()[:1]


def test_what_was_committed_outlives_the_process_and_what_was_queued_does_not(tmp_path: Path) -> None:
    store = Store(url(tmp_path))
    store.replace_profiles(settings())
    store.keep_binding(binding())
    store.add_record(record("one"))
    store.commit()
    store.keep_binding(binding("sip:b@10.0.0.3"))
    store.add_record(record("two"))
    other = Store(url(tmp_path))  # as after a power cut: nobody closed the first
    assert other.bindings(0.0) == [binding()]
    assert other.records() == [record("one")]
    other.close()
    store.close()
    assert len(Store(url(tmp_path)).records()) == 2


def test_sqlite_writes_ahead_and_in_full(tmp_path: Path) -> None:
    store = Store(url(tmp_path))
    store.add_record(record("one"))
    store.commit()
    assert (tmp_path / "trunk.sqlite-wal").exists()
    store.close()


def test_one_commit_holds_many_writes_and_the_last_of_a_binding_counts() -> None:
    store = Store("sqlite://")
    store.replace_profiles(settings())
    for second in range(50):
        store.keep_binding(binding(expires_at=1000.0 + second))
    store.keep_binding(binding("sip:b@10.0.0.3"))
    store.drop_binding(USERNAME, "sip:b@10.0.0.3")
    assert store.dirty
    store.commit()
    assert not store.dirty
    assert store.bindings(0.0) == [binding(expires_at=1049.0)]


def test_lapsed_bindings_and_those_of_profiles_that_went_are_forgotten() -> None:
    store = Store("sqlite://")
    store.replace_profiles(settings())
    store.keep_binding(binding(expires_at=10.0))
    store.keep_binding(binding("sip:b@10.0.0.3"))
    store.commit()
    assert store.bindings(10.0) == [binding("sip:b@10.0.0.3")]
    store.replace_profiles(settings()[1:])
    assert store.bindings(10.0) == []


def test_records_can_be_asked_for_by_call() -> None:
    store = Store("sqlite://")
    for name in ("one", "two", "three"):
        store.add_record(record(name))
    assert [row.call_id for row in store.records(last=2)] == ["two", "three"]
    assert [row.call_id for row in store.records(call_id="one")] == ["one"]


def test_a_database_that_cannot_be_opened_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="unable to open"):
        Store(f"sqlite:///{tmp_path / 'no' / 'folder' / 'x.sqlite'}")


def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "cats.sqlite"
    with closing(sqlite3.connect(path)) as cats:
        cats.execute("create table cats (name text)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"cats\.sqlite: it belongs to another program .*cats"):
        Store(f"sqlite:///{path}")
    assert path.read_bytes() == before


@pytest.mark.parametrize("change", ["add column colour text", "drop column channels"])
def test_a_database_of_another_version_is_refused(tmp_path: Path, change: str) -> None:
    url = f"sqlite:///{tmp_path / 'trunk.sqlite'}"
    Store(url).close()
    with closing(sqlite3.connect(tmp_path / "trunk.sqlite")) as other:
        other.execute(f"alter table profile {change}")
    with pytest.raises(StoreError, match=f"another version of the trunk.*{change.split()[2]}"):
        Store(url)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (
            "mysql://trunk:secret@host/db",
            r"database mysql://trunk:\*\*\*@host/db: mysql is neither SQLite nor",
        ),
        ("postgresql+pg8000://trunk@host/db", "the Python package pg8000 is not installed"),
        ("nonsense", "the database: is no database URL"),
    ],
)
def test_a_database_that_nothing_here_can_open_is_said(url: str, reason: str) -> None:
    with pytest.raises(StoreError, match=reason):
        Store(url)


@pytest.mark.parametrize("text", ["udp:10.0.0.1:5060", "tls:[2001:db8::1]:5061"])
def test_hops_are_kept_as_text(text: str) -> None:
    assert str(hop_from_text(text)) == text
