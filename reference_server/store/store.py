"""Reads and writes what the trunk keeps; writes queue in memory and go out in one commit (group commit).

Decides nothing: when to commit is the trunk's business (before the answers that depend on it are sent). The
database is `database`'s, the Manager writes to it beside the trunk. A commit writes the calls that were
answered, the records of those that ended and the movements that charge them, all or nothing.
"""

import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path

from sqlalchemy import Connection, bindparam, delete, insert, select
from sqlalchemy.exc import SQLAlchemyError

from reference_server.ledger import accounts
from reference_server.ledger.movement import MONEY, SECONDS
from reference_server.settings import ProfileSettings
from reference_server.store import recovery
from reference_server.store.call_statements import CallStatements, WriteMany
from reference_server.store.database import Database
from reference_server.store.journal import Journal
from reference_server.store.profile_settings import read_profiles, replace_file_profiles
from reference_server.store.rows import BindingRow, OpenCallRow, RecordRow
from reference_server.store.schema import BINDINGS, CALL_RECORDS
from reference_server.store.store_error import StoreError

__all__ = ["ALIVE_INTERVAL", "Store", "StoreError"]

ALIVE_INTERVAL = 1.0
"""Seconds: so often at most is written that the trunk lives."""
_FREE_MOVEMENT = "SELECT coalesce(max(id), 0) + 1 FROM movement"
_DELETE_BINDING = delete(BINDINGS).where(
    (BINDINGS.c.sip_username == bindparam("username")) & (BINDINGS.c.contact_key == bindparam("key"))
)


class Store:
    """What one trunk, or one worker of it, keeps. Not for several threads at once."""

    def __init__(self, database: Database | str, *, writer: int = 0, key_file: Path | None = None) -> None:
        """`database`: an open one, which stays open at the end, or the URL of one.

        `writer`: the number of the worker. `key_file`: as `Database` wants it. Raises `StoreError`.
        """
        self._closes = isinstance(database, str)
        self.database = Database(database, key_file=key_file) if isinstance(database, str) else database
        self._writer = writer
        self._journal = Journal()
        self._connection: Connection = self.database.engine.connect()
        dialect = self._connection.dialect.name
        self._statements = CallStatements(dialect, writer)
        driver = self._connection.connection.driver_connection
        self._sqlite = driver if isinstance(driver, sqlite3.Connection) else None
        self._bindings: dict[tuple[str, str], BindingRow | None] = {}
        self._opened: dict[str, OpenCallRow] = {}
        self._records: list[RecordRow] = []
        self._closed: list[tuple[str]] = []
        self._open: set[str] = set()  # keys of those that were committed
        self._now = self._alive_at = float("-inf")
        self.dirty = False
        """Whether anything waits for `commit`."""

    # Profiles and bindings

    def replace_profiles(self, profiles: Iterable[ProfileSettings], now: float = 0.0) -> None:
        """Makes `profiles` those of the settings file; bindings of those that stay are kept.

        Those of the Manager stay as they are. Raises `StoreError`.
        """
        with self.database.begin() as connection:
            replace_file_profiles(connection, self.database.vault, profiles, now)

    def profiles(self) -> list[ProfileSettings]:
        """All profiles, those of the file and those of the Manager. Raises `StoreError`."""
        with self.database.read() as connection:
            return read_profiles(connection, self.database.vault)

    def profile(self, username: str) -> ProfileSettings | None:
        """The profile named so. Raises `StoreError`."""
        with self.database.read() as connection:
            found = read_profiles(connection, self.database.vault, username)
        return found[0] if found else None

    def spendable(self, username: str) -> tuple[int, int]:
        """Micro-units of credit and seconds of US minute bundles that a profile has, by the ledger."""
        with self.database.read() as connection:
            money = self._journal.balance(connection, accounts.profile(username), MONEY)
            return money, self._journal.balance(connection, accounts.bundle(username), SECONDS)

    def bindings(self, now: float) -> list[BindingRow]:
        """The bindings that live at `now`; lapsed ones are forgotten."""
        with self.database.begin() as connection:
            connection.execute(delete(BINDINGS).where(BINDINGS.c.expires_at <= now))
            return [BindingRow(*row) for row in connection.execute(select(BINDINGS))]

    def bindings_of(self, username: str, now: float) -> list[BindingRow]:
        """The bindings of a profile that live at `now`, as far as they are written. Raises `StoreError`."""
        query = select(BINDINGS).where((BINDINGS.c.sip_username == username) & (BINDINGS.c.expires_at > now))
        with self.database.read() as connection:
            return [BindingRow(*row) for row in connection.execute(query)]

    def keep_binding(self, binding: BindingRow) -> None:
        """Queues `binding` to be written."""
        self._bindings[binding.sip_username, binding.contact_key] = binding
        self.dirty = True

    def drop_binding(self, sip_username: str, contact_key: str) -> None:
        """Queues a binding to be deleted."""
        self._bindings[sip_username, contact_key] = None
        self.dirty = True

    # Calls

    def open_call(self, call: OpenCallRow) -> None:
        """Queues a call that is about to be answered; its record closes it."""
        self._opened[call.key] = call
        self.dirty = True

    def add_record(self, record: RecordRow) -> None:
        """Queues the record of a call that ended, and the movement that charges it.

        Raises ValueError for a call that costs something and has no key.
        """
        key = record.key
        if not key and (record.cost or record.bundle_seconds):
            raise ValueError(f"the call {record.call_id} has a cost and no key")
        self._records.append(record)
        if self._opened.pop(key, None) is None and key in self._open:
            self._closed.append((key,))
        self.dirty = True

    def keep_alive(self, now: float) -> None:
        """Has it written that the trunk lives, if calls are open and it was not said for a while."""
        self._now = max(self._now, now)
        if self._open and self._now - self._alive_at >= ALIVE_INTERVAL:
            self.dirty = True

    def recover(self, now: float, writer: int | None = None) -> list[RecordRow]:
        """Closes the calls that were open when the trunk was killed, and charges them; returns their records.

        All of them, or those of one `writer`, whose process alone died. Called before any call begins. A call
        is taken to have ended when its writer last said that it lives. Raises `StoreError`.
        """
        with self.database.begin() as connection:
            return recovery.close_open_calls(connection, self._statements, writer, now)

    def commit(self, now: float | None = None) -> None:
        """Makes everything queued durable, in one transaction. Raises `StoreError`; the queue then stays.

        `now`: seconds since the epoch, which becomes the moment the trunk was last known to live.
        """
        if not self.dirty:
            return
        if now is not None and now > self._now:
            self._now = now
        alive_at = self._now if self._now - self._alive_at >= ALIVE_INTERVAL else None
        try:
            if self._sqlite is not None and not self._bindings:
                self._write_plainly(self._sqlite, alive_at)
            else:
                with self._connection.begin():
                    self._write_bindings()
                    self._write_calls(self._connection.exec_driver_sql, alive_at)
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise StoreError(f"cannot be written: {getattr(error, 'orig', None) or error}") from error
        self._forget_written(alive_at)

    def records(self, last: int = 1000, call_id: str | None = None) -> list[RecordRow]:
        """The `last` newest call records, oldest first; those queued are committed before."""
        self.commit()
        query = select(*CALL_RECORDS.c[1:]).order_by(CALL_RECORDS.c.id.desc()).limit(last)
        if call_id is not None:
            query = query.where(CALL_RECORDS.c.call_id == call_id)
        with self.database.read() as connection:
            rows = [RecordRow(*row) for row in connection.execute(query)]
        rows.reverse()
        return rows

    def close(self) -> None:
        """Commits what waits and closes the database."""
        self.commit()
        self._connection.close()
        if self._closes:
            self.database.close()

    # Below

    def _write_plainly(self, connection: sqlite3.Connection, alive_at: float | None) -> None:
        """Calls alone, which is what nearly all commits are, past SQLAlchemy: it costs more than SQLite."""
        connection.execute("BEGIN IMMEDIATE")

        def free_id() -> int:
            number: int = connection.execute(_FREE_MOVEMENT).fetchone()[0]
            return number

        try:
            self._write_calls(connection.executemany, alive_at, free_id)
            connection.commit()
        except sqlite3.Error:
            connection.rollback()
            raise

    def _write_calls(
        self, write_many: WriteMany, alive_at: float | None, free_id: Callable[[], int] | None = None
    ) -> None:
        opened = list(self._opened.values())
        self._statements.write(write_many, opened, self._records, self._closed, alive_at, free_id)

    def _write_bindings(self) -> None:
        if not self._bindings:
            return
        keys = [{"username": username, "key": key} for username, key in self._bindings]
        self._connection.execute(_DELETE_BINDING, keys)
        rows = [row._asdict() for row in self._bindings.values() if row is not None]
        if rows:
            self._connection.execute(insert(BINDINGS), rows)

    def _forget_written(self, alive_at: float | None) -> None:
        self._open.update(self._opened)
        self._open.difference_update(key for (key,) in self._closed)
        if alive_at is not None:
            self._alive_at = alive_at
        self._bindings.clear()
        self._opened.clear()
        self._records.clear()
        self._closed.clear()
        self.dirty = False
