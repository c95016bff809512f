"""Opening a database: whose it is, its key, and transactions."""

import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from reference_server.store.database import Database
from reference_server.store.schema import ONLINE_NUMBERS, WRITERS
from reference_server.store.store_error import StoreError
from reference_server.store.vault import VARIABLE, new_key

NOBODY = 65534
"""The user id that owns nothing."""


def path_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def key_of(url: str) -> Path:
    return path_of(f"{url}.key")


def test_what_was_encrypted_is_decrypted_after_a_restart(lasting_url: str) -> None:
    with closing(Database(lasting_url)) as database:
        token = database.vault.encrypt("secret")
    with closing(Database(lasting_url)) as again:
        assert again.vault.decrypt(token) == "secret"


def test_a_database_does_not_open_with_another_key(lasting_url: str) -> None:
    Database(lasting_url, key=new_key("first")).close()
    with pytest.raises(StoreError, match="second is not the key that this database was made with"):
        Database(lasting_url, key=new_key("second"))


def test_a_database_does_not_open_without_its_key(file_url: str) -> None:
    Database(file_url).close()
    key_of(file_url).unlink()
    with pytest.raises(StoreError, match=r"trunk\.sqlite: key file .*trunk\.sqlite\.key is missing"):
        Database(file_url)
    assert not key_of(file_url).exists()


def test_a_database_does_not_open_with_a_key_that_others_can_read(file_url: str) -> None:
    Database(file_url).close()
    key_of(file_url).chmod(0o644)
    with pytest.raises(StoreError, match="can be read by others"):
        Database(file_url)


def test_a_key_can_lie_elsewhere(file_url: str, tmp_path: Path) -> None:
    elsewhere = tmp_path / "keys" / "trunk"
    elsewhere.parent.mkdir()
    Database(file_url, key_file=elsewhere).close()
    assert elsewhere.exists()
    assert not key_of(file_url).exists()
    Database(file_url, key_file=elsewhere).close()


def test_a_key_of_the_environment_leaves_no_file(file_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, new_key("").secret.decode())
    Database(file_url).close()
    assert not key_of(file_url).exists()
    monkeypatch.setenv(VARIABLE, "nonsense")
    with pytest.raises(StoreError, match=f"environment variable {VARIABLE} holds no key"):
        Database(file_url)


def test_a_server_needs_its_key_named(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(StoreError, match=f"set {VARIABLE}"):
        Database(postgresql_url)


def test_a_server_that_is_not_there_is_told_without_the_password(tmp_path: Path) -> None:
    url = f"postgresql://trunk:secret@/x?host={tmp_path}"
    with pytest.raises(StoreError, match="No such file or directory") as caught:
        Database(url)
    assert "secret" not in str(caught.value)


def test_a_newer_database_is_refused_and_left_alone(lasting_url: str) -> None:
    with closing(Database(lasting_url)) as database, database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0099'"))
    with pytest.raises(StoreError, match=r"a newer version of the trunk wrote it \(version 0099, here is"):
        Database(lasting_url)


def test_a_server_database_of_another_program_is_refused(postgresql_url: str) -> None:
    with closing(Database(postgresql_url)) as database, database.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
        connection.execute(text("CREATE TABLE cats (name text)"))
    with pytest.raises(StoreError, match=r"it belongs to another program \(its tables are cats\)"):
        Database(postgresql_url)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="unable to open database file; name another file"):
        Database(f"sqlite:///{tmp_path / 'no' / 'x.sqlite'}")


def test_a_file_that_is_no_database_is_told_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    path.write_text("Dear diary, " * 100)
    with pytest.raises(StoreError, match="file is not a database"):
        Database(f"sqlite:///{path}")
    assert path.read_text() == "Dear diary, " * 100


def test_a_writer_sees_what_others_committed_before_it_began(lasting_url: str) -> None:
    with closing(Database(lasting_url)) as one, closing(Database(lasting_url)) as other:
        with one.begin() as connection:
            connection.execute(insert(WRITERS).values(writer=7, alive_at=1.0))
            with other.read() as reading:
                assert reading.execute(select(WRITERS)).all() == []
        with other.begin() as connection:
            assert connection.execute(select(WRITERS.c.writer)).scalars().all() == [7]


def test_who_only_reads_keeps_nobody_from_writing(file_url: str) -> None:
    with closing(Database(file_url)) as database, database.read() as reading:
        assert reading.execute(select(WRITERS)).all() == []
        with closing(sqlite3.connect(path_of(file_url), timeout=0)) as other:
            other.execute("INSERT INTO writer VALUES (1, 1.0)")
            other.commit()
        assert reading.execute(select(WRITERS)).all() == [], "a reader sees one moment"


def test_a_lock_that_somebody_holds_for_too_long_is_told(file_url: str) -> None:
    with closing(Database(file_url)) as database:
        with database.read() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout=1")
        with closing(sqlite3.connect(path_of(file_url))) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreError, match="database is locked"), database.begin():
                pass


def test_violated_constraints_stay_what_they_are(database_url: str) -> None:
    with closing(Database(database_url)) as database, pytest.raises(IntegrityError), database.begin() as one:
        one.execute(insert(ONLINE_NUMBERS).values(number="+14155550123", sip_username="nobody"))


def test_a_database_in_memory_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for url in ("sqlite://", "sqlite:///:memory:"):
        with closing(Database(url)) as database:
            assert database.in_memory
    assert list(tmp_path.iterdir()) == []


def test_a_start_without_a_migration_does_not_import_alembic(tmp_path: Path) -> None:
    """It takes longer than all the rest of a start."""
    program = (
        "import sys; from reference_server.store.database import Database;"
        f"[Database(url).close() for url in ('sqlite://', 'sqlite:///{tmp_path}/x.sqlite') * 2];"
        "print('alembic' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"


@contextmanager
def as_nobody_in_particular() -> Iterator[None]:
    """Root writes everywhere, so it is somebody else meanwhile."""
    own = os.geteuid()
    if own == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(own)


def test_a_file_that_may_not_be_written_is_told() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        url = f"sqlite:///{folder}/trunk.sqlite"
        key = new_key("a test")
        Database(url, key=key).close()
        path_of(url).chmod(0o444)
        with as_nobody_in_particular(), pytest.raises(StoreError, match="readonly database"):
            Database(url, key=key)
