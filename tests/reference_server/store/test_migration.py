"""Databases of the first version become those of this one, and migrations make what the tables say."""

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, inspect, text

from reference_server.store.database import Database
from reference_server.store.migration import FOLDER, migrate
from reference_server.store.shape import FIRST, NEWEST
from reference_server.store.store import Store
from reference_server.store.tables import ALL_TABLES, make_tables
from reference_server.store.vault import Vault, new_key

FIRST_VERSION = Path(__file__).with_name("first_version.sql")
PASSWORD = "Tr0ub4dor-plainly"
TRIGGERS = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name",
    "postgresql": "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger "
    "WHERE NOT tgisinternal ORDER BY tgname",
}


def vault() -> Vault:
    return Vault(new_key("test"))


def shape_of(connection: Connection) -> dict[str, Any]:
    """All that a database says about its tables."""
    inspector = inspect(connection)
    shape: dict[str, Any] = {
        "triggers": [tuple(row) for row in connection.execute(text(TRIGGERS[connection.dialect.name]))]
    }
    for table in sorted(set(inspector.get_table_names()) - {"alembic_version"}):
        columns = {one["name"]: {**one, "type": str(one["type"])} for one in inspector.get_columns(table)}
        shape[table] = {
            "columns": columns,
            "primary key": inspector.get_pk_constraint(table)["constrained_columns"],
            "foreign keys": sorted(map(str, inspector.get_foreign_keys(table))),
            "indexes": sorted(str(_index(one)) for one in inspector.get_indexes(table)),
            "unique": sorted(map(str, inspector.get_unique_constraints(table))),
        }
    return shape


@pytest.fixture
def engine(lasting_url: str) -> Iterator[Engine]:
    made = create_engine(lasting_url)
    yield made
    made.dispose()


@pytest.fixture
def old_file(tmp_path: Path) -> Path:
    """A database that the first version wrote."""
    path = tmp_path / "trunk.sqlite"
    with closing(sqlite3.connect(path)) as old:
        old.executescript(FIRST_VERSION.read_text())
    return path


def test_migrations_make_what_the_tables_say(engine: Engine, tmp_path: Path) -> None:
    with engine.begin() as connection:
        migrate(connection, vault())
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), ALL_TABLES) == []
        migrated = shape_of(connection)
    with engine.begin() as connection:
        for statement in _dropped(connection):
            connection.execute(text(statement))
        make_tables(connection)
        assert shape_of(connection) == migrated


def test_the_first_version_is_what_the_first_program_made(file_url: str, old_file: Path) -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        migrate(connection, vault(), FIRST)
        made = shape_of(connection)
    engine.dispose()
    engine = create_engine(file_url)
    with engine.connect() as connection:
        assert shape_of(connection) == made
    engine.dispose()


def test_the_newest_version_is_the_last_migration() -> None:
    assert ScriptDirectory(str(FOLDER)).get_current_head() == NEWEST


def test_a_database_of_the_first_version_is_taken_over(old_file: Path) -> None:
    with closing(Store(f"sqlite:///{old_file}")) as store:
        main, by_address = sorted(store.profiles(), key=lambda one: one.sip_username)
        assert (main.password, main.online_numbers, main.extension_tags) == (
            PASSWORD,
            ("+14155550123",),
            {"sales.example": "200"},
        )
        assert (by_address.auth, by_address.address, by_address.us_minute_bundles) == ("ip", "10.0.0.77", 0)
        assert [row.contact_key for row in store.bindings(0.0)] == ["sip:a@10.0.0.2"]
        assert [(row.call_id, row.cost, row.key) for row in store.records()] == [
            ("one", 0, ""),
            ("two", 0, ""),
        ]
    key_file = old_file.with_name("trunk.sqlite.key")
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    with closing(Store(f"sqlite:///{old_file}")) as again:
        assert len(again.profiles()) == 2


def test_nothing_of_a_plain_password_is_left_in_the_file(old_file: Path) -> None:
    with closing(sqlite3.connect(old_file)) as old:
        for number in range(200):
            columns = (
                f"('9905{number}', '', '{PASSWORD}', 'registration', NULL, 5060, 1, '5', NULL, 'MD5', 1)"
            )
            old.execute(f"INSERT INTO profile VALUES {columns}")
        old.commit()
    assert PASSWORD.encode() in old_file.read_bytes()
    with closing(Database(f"sqlite:///{old_file}")):
        for path in old_file.parent.iterdir():
            assert PASSWORD.encode() not in path.read_bytes(), path.name


def test_a_migration_that_fails_leaves_the_database_as_it_was(
    old_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_self: Vault, _text: str) -> str:
        raise KeyError

    with closing(sqlite3.connect(old_file)) as before:
        dump = list(before.iterdump())
    with monkeypatch.context() as patch:
        patch.setattr(Vault, "encrypt", refuse)
        with pytest.raises(KeyError):
            Database(f"sqlite:///{old_file}")
    with closing(sqlite3.connect(old_file)) as after:
        assert list(after.iterdump()) == dump
    Database(f"sqlite:///{old_file}").close()


def test_a_postgresql_database_of_the_first_version_is_taken_over(postgresql_url: str) -> None:
    engine = create_engine(postgresql_url)
    with engine.begin() as connection:
        migrate(connection, vault(), FIRST)
        connection.execute(text("DROP TABLE alembic_version"))
        connection.execute(
            text(
                "INSERT INTO profile VALUES "
                "('99051', '', :password, 'registration', NULL, 5060, 1, '5', NULL, 'MD5', true)"
            ),
            {"password": PASSWORD},
        )
    engine.dispose()
    with closing(Store(postgresql_url)) as store:
        assert [one.password for one in store.profiles()] == [PASSWORD]
        with store.database.read() as connection:
            (token,) = connection.execute(text("SELECT password FROM profile")).one()
        assert store.database.vault.decrypt(token) == PASSWORD


def _index(told: Any) -> dict[str, Any]:
    options = {name: str(value) for name, value in told.get("dialect_options", {}).items()}
    return {**told, "dialect_options": options}


def _dropped(connection: Connection) -> list[str]:
    if connection.dialect.name == "postgresql":
        return ["DROP SCHEMA public CASCADE", "CREATE SCHEMA public"]
    names = inspect(connection).get_table_names()
    return [f"DROP TABLE {name}" for name in names if not name.startswith("sqlite_")]
