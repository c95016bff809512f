"""Reads and writes the trunk's database; writes queue in memory and go out in one commit (group commit).

Decides nothing: when to commit is the trunk's business (before the answers that depend on it are sent).
Works on SQLite in WAL mode, in memory for tests, or on what another SQLAlchemy URL names.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    Connection,
    Insert,
    Table,
    bindparam,
    create_engine,
    delete,
    event,
    insert,
    make_url,
    select,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

from reference_server.settings import ProfileSettings
from reference_server.store.rows import BindingRow, RecordRow
from reference_server.store.schema import (
    BINDINGS,
    CALL_RECORDS,
    EXTENSION_TAGS,
    METADATA,
    ONLINE_NUMBERS,
    PROFILES,
)
from reference_server.store.shape import foreign_shape

_DELETE_BINDING = delete(BINDINGS).where(
    (BINDINGS.c.sip_username == bindparam("username")) & (BINDINGS.c.contact_key == bindparam("key"))
)

ADVICE = "name another file as [trunk] database, or move that one away"


class StoreError(Exception):
    """The database cannot be opened or written; says which and why."""


class Store:
    """The database of one trunk. Not for several threads at once."""

    def __init__(self, url: str) -> None:
        """Opens the database at `url` and makes missing tables. Raises `StoreError`."""
        try:
            in_memory = url in ("sqlite://", "sqlite:///:memory:")
            self._engine = (
                create_engine(url, poolclass=StaticPool)
                if in_memory
                else create_engine(url, pool_pre_ping=False)
            )
            if not in_memory:
                wrong = foreign_shape(self._engine)
                self._engine.dispose()  # a file of somebody else's stays as it was
                if wrong is not None:
                    raise StoreError(f"{_place(url)}: {wrong}; {ADVICE}")
            if self._engine.dialect.name == "sqlite":
                event.listen(self._engine, "connect", _prepare_sqlite)
            METADATA.create_all(self._engine)
            self._connection: Connection = self._engine.connect()
        except SQLAlchemyError as error:
            reason = getattr(error, "orig", None) or error
            raise StoreError(f"{_place(url)}: {reason}; {ADVICE}") from error
        except ModuleNotFoundError as error:
            raise StoreError(f"{_place(url)}: the Python package {error.name} is not installed") from error
        columns = {column.name: None for column in CALL_RECORDS.c[1:]}
        self._insert_record = insert(CALL_RECORDS).values(columns).compile(dialect=self._engine.dialect)
        driver = self._connection.connection.driver_connection
        self._sqlite = driver if isinstance(driver, sqlite3.Connection) else None
        self._bindings: dict[tuple[str, str], BindingRow | None] = {}
        self._records: list[RecordRow] = []
        self.dirty = False
        """Whether anything waits for `commit`."""

    def replace_profiles(self, profiles: Iterable[ProfileSettings]) -> None:
        """Makes `profiles` the profiles of the database; bindings of those that stay are kept."""
        wanted = list(profiles)
        kept = [profile.sip_username for profile in wanted]
        with self._connection.begin():
            for table in (ONLINE_NUMBERS, EXTENSION_TAGS, PROFILES):
                self._connection.execute(delete(table))
            self._connection.execute(delete(BINDINGS).where(BINDINGS.c.sip_username.not_in(kept)))
            self._insert(PROFILES, [_profile_row(profile) for profile in wanted])
            self._insert(ONLINE_NUMBERS, _number_rows(wanted))
            self._insert(EXTENSION_TAGS, _tag_rows(wanted))

    def profiles(self) -> list[ProfileSettings]:
        """All profiles."""
        numbers: dict[str, list[str]] = {}
        tags: dict[str, dict[str, str]] = {}
        with self._connection.begin():
            for row in self._connection.execute(select(ONLINE_NUMBERS)).mappings():
                numbers.setdefault(row["sip_username"], []).append(row["number"])
            for row in self._connection.execute(select(EXTENSION_TAGS)).mappings():
                tags.setdefault(row["sip_username"], {})[row["account"]] = row["tag"]
            rows = list(self._connection.execute(select(PROFILES)).mappings())
        return [
            ProfileSettings.model_validate(
                {
                    **row,
                    "credit": Decimal(row["credit"]),
                    "online_numbers": tuple(numbers.get(row["sip_username"], ())),
                    "extension_tags": tags.get(row["sip_username"], {}),
                }
            )
            for row in rows
        ]

    def bindings(self, now: float) -> list[BindingRow]:
        """The bindings that live at `now`; lapsed ones are forgotten."""
        with self._connection.begin():
            self._connection.execute(delete(BINDINGS).where(BINDINGS.c.expires_at <= now))
            return [BindingRow(*row) for row in self._connection.execute(select(BINDINGS))]

    def keep_binding(self, binding: BindingRow) -> None:
        """Queues `binding` to be written."""
        self._bindings[binding.sip_username, binding.contact_key] = binding
        self.dirty = True

    def drop_binding(self, sip_username: str, contact_key: str) -> None:
        """Queues a binding to be deleted."""
        self._bindings[sip_username, contact_key] = None
        self.dirty = True

    def add_record(self, record: RecordRow) -> None:
        """Queues a call record to be written."""
        self._records.append(record)
        self.dirty = True

    def commit(self) -> None:
        """Makes everything queued durable, in one transaction. Raises `StoreError`; the queue then stays."""
        if not self.dirty:
            return
        try:
            if self._sqlite is not None and not self._bindings:
                self._write_plainly(self._sqlite)
            else:
                with self._connection.begin():
                    self._write_bindings()
                    self._write_records()
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise StoreError(f"cannot be written: {getattr(error, 'orig', None) or error}") from error
        self._bindings.clear()
        self._records.clear()
        self.dirty = False

    def records(self, last: int = 1000, call_id: str | None = None) -> list[RecordRow]:
        """The `last` newest call records, oldest first; those queued are committed before."""
        self.commit()
        query = select(*CALL_RECORDS.c[1:]).order_by(CALL_RECORDS.c.id.desc()).limit(last)
        if call_id is not None:
            query = query.where(CALL_RECORDS.c.call_id == call_id)
        with self._connection.begin():
            rows = [RecordRow(*row) for row in self._connection.execute(query)]
        rows.reverse()
        return rows

    def close(self) -> None:
        """Commits what waits and closes the database."""
        self.commit()
        self._connection.close()
        self._engine.dispose()

    def _write_bindings(self) -> None:
        if not self._bindings:
            return
        keys = [{"username": username, "key": key} for username, key in self._bindings]
        self._connection.execute(_DELETE_BINDING, keys)
        self._insert(BINDINGS, [row._asdict() for row in self._bindings.values() if row is not None])

    def _insert(self, table: Table, rows: Sequence[dict[str, Any]]) -> None:
        statement: Insert = insert(table)
        if rows:
            self._connection.execute(statement, list(rows))

    def _write_plainly(self, connection: sqlite3.Connection) -> None:
        """Records alone, which is what nearly all commits are, past SQLAlchemy: it costs more than SQLite."""
        try:
            connection.executemany(self._insert_record.string, self._records)
            connection.commit()
        except sqlite3.Error:
            connection.rollback()
            raise

    def _write_records(self) -> None:
        if self._records and self._insert_record.positional:  # rows go to the driver as they are
            self._connection.exec_driver_sql(self._insert_record.string, list(self._records))
        elif self._records:
            self._insert(CALL_RECORDS, [row._asdict() for row in self._records])


def _place(url: str) -> str:
    """The database as its owner knows it: a file's path, or the URL without its password."""
    path = url.removeprefix("sqlite:///")
    if path != url:
        return f"database {path}"
    try:
        return f"database {make_url(url).render_as_string(hide_password=True)}"
    except SQLAlchemyError:
        return "the database"


def _prepare_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")  # a commit that returned survives a power cut
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _profile_row(profile: ProfileSettings) -> dict[str, Any]:
    row = profile.model_dump(exclude={"online_numbers", "extension_tags"})
    row["credit"] = str(profile.credit)
    return row


def _number_rows(profiles: Iterable[ProfileSettings]) -> list[dict[str, Any]]:
    return [
        {"number": number, "sip_username": profile.sip_username}
        for profile in profiles
        for number in profile.online_numbers
    ]


def _tag_rows(profiles: Iterable[ProfileSettings]) -> list[dict[str, Any]]:
    return [
        {"account": account, "tag": tag, "sip_username": profile.sip_username}
        for profile in profiles
        for account, tag in profile.extension_tags.items()
    ]
