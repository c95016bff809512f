"""START HERE for SQL: the one database of a trunk and its Manager, opened, brought up to date, written.

SQLite in a file or in memory, or PostgreSQL by URL. Rows are read and written by the modules beside this one:
calls and profiles by `store`, money by `journal`, the Manager's nouns each by its own `*_rows`.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, insert, make_url, select, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from reference_server.store.schema import VAULT_CHECKS
from reference_server.store.shape import EMPTY, FIRST, NEWEST, VERSION_TABLE, check_shape, version_of
from reference_server.store.store_error import StoreError
from reference_server.store.tables import make_tables
from reference_server.store.vault import SUFFIX, Vault, VaultKey, WrongKey, new_key, open_key

ADVICE = "name another file as [trunk] database, or move that one away"
BUSY_TIMEOUT = 5_000
"""Milliseconds that a transaction waits for another one to end."""
CHECKED = "the key of this database"
"""What the check value says, encrypted."""
_MIGRATING = 0x5350_5452
"""PostgreSQL's advisory lock that keeps two processes from migrating at once; any number of our own."""


class Database:
    """One open database. Transactions are short, and nothing waits inside them."""

    def __init__(self, url: str, *, key: VaultKey | None = None, key_file: Path | None = None) -> None:
        """Opens the database at `url`, makes its tables or brings them up to date.

        The key of its passwords is `key`; without one that of the environment, of `key_file`, or of the file
        `DATABASE.key`, which is made with a new database. Raises `StoreError`.
        """
        self.place = _place(url)
        try:
            self.url = _usable(url)
            self._open(key, key_file)
        except StoreError as error:
            raise StoreError(f"{self.place}: {error}") from error
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise StoreError(f"{self.place}: {getattr(error, 'orig', None) or error}; {ADVICE}") from error
        except ModuleNotFoundError as error:
            raise StoreError(f"{self.place}: the Python package {error.name} is not installed") from error

    @property
    def in_memory(self) -> bool:
        """Whether it is gone with this object."""
        return self.url.get_backend_name() == "sqlite" and self.url.database in (None, "", ":memory:")

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction that may write: committed at the end, undone by an exception.

        It sees what was committed when it began and nobody writes meanwhile (SQLite), or rows are locked as
        they are written (PostgreSQL). Raises `StoreError` when the database cannot be written; violated
        constraints are `sqlalchemy.exc.IntegrityError`.
        """
        with self._lock, _told(self.place), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads, and never makes a writer wait. Raises `StoreError`."""
        with self._lock, _told(self.place), self._reading.begin() as connection:
            yield connection

    def close(self) -> None:
        """Closes all connections."""
        self.engine.dispose()

    def _open(self, key: VaultKey | None, key_file: Path | None) -> None:
        self._lock = threading.RLock()
        self.engine = self._engine()
        """For connections that are held for long; else `begin` and `read`."""
        self._reading = self.engine.execution_options(reading=True)
        if not self.in_memory:
            try:
                with self.engine.connect() as connection:
                    check_shape(connection)
            except StoreError as error:
                raise StoreError(f"{error}; {ADVICE}") from None
            finally:
                self.engine.dispose()  # a file of somebody else's stays as it was
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        try:
            with self.engine.begin() as connection:
                migrated = self._bring_up_to_date(connection, key, key_file)
            if migrated and self.engine.dialect.name == "sqlite":
                self._forget_plain_passwords()
        except Exception:
            self.engine.dispose()
            raise

    def _engine(self) -> Engine:
        if self.in_memory:
            return create_engine(self.url, poolclass=StaticPool, connect_args={"check_same_thread": False})
        return create_engine(self.url)

    def _bring_up_to_date(self, connection: Connection, key: VaultKey | None, key_file: Path | None) -> bool:
        """Makes or migrates tables and opens the vault; True when a former version was migrated."""
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _MIGRATING})
        version = EMPTY if self.in_memory else version_of(connection)
        token = connection.execute(select(VAULT_CHECKS.c.token)).scalar() if version == NEWEST else None
        self.vault = Vault(key or self._find_key(key_file, may_make=token is None))
        """Encrypts and decrypts what this database keeps secret."""
        if token is not None:
            self._check_key(token)
            return False
        if version == EMPTY:
            make_tables(connection)
            _write_version(connection)
        else:
            from reference_server.store.migration import mark, migrate  # imports for half a second

            mark(connection, self.vault, FIRST)
            migrate(connection, self.vault)
        connection.execute(insert(VAULT_CHECKS), {"id": 1, "token": self.vault.encrypt(CHECKED)})
        return version != EMPTY

    def _find_key(self, key_file: Path | None, *, may_make: bool) -> VaultKey:
        if self.in_memory:
            return new_key("memory")
        if key_file is None and self.url.get_backend_name() == "sqlite":
            key_file = Path(f"{self.url.database}{SUFFIX}")
        return open_key(key_file, may_make=may_make)

    def _check_key(self, token: str) -> None:
        try:
            self.vault.decrypt(token)
        except WrongKey:
            raise StoreError(
                f"{self.vault.origin} is not the key that this database was made with; put that one there"
            ) from None

    def _forget_plain_passwords(self) -> None:
        """What was plain in the pages of the file is written over."""
        connection = self.engine.raw_connection()  # such statements go outside of transactions
        for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
            connection.cursor().execute(statement).close()
        connection.close()


@contextmanager
def _told(place: str) -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise
    except DBAPIError as error:
        raise StoreError(f"{place}: {error.orig}") from error


def _write_version(connection: Connection) -> None:
    """As Alembic would, which takes too long to import for it."""
    connection.execute(
        text(
            f"CREATE TABLE {VERSION_TABLE} (version_num VARCHAR(32) NOT NULL, "
            f"CONSTRAINT {VERSION_TABLE}_pkc PRIMARY KEY (version_num))"
        )
    )
    connection.execute(
        text(f"INSERT INTO {VERSION_TABLE} (version_num) VALUES (:version)"),
        {"version": NEWEST},
    )


def _usable(url: str) -> URL:
    """The URL with our driver for PostgreSQL. Raises `StoreError` for other databases."""
    try:
        read = make_url(url)
    except ArgumentError:
        raise StoreError(
            'is no database URL: write a file name, ":memory:" or "postgresql://USER@HOST/NAME"'
        ) from None
    if read.drivername in ("postgresql", "postgres"):
        read = read.set(drivername="postgresql+psycopg")
    if read.get_backend_name() not in ("sqlite", "postgresql"):
        raise StoreError(f"{read.get_backend_name()} is neither SQLite nor PostgreSQL; {ADVICE}")
    return read


def _place(url: str) -> str:
    """The database as its owner knows it: a file's path, or the URL without its password."""
    path = url.removeprefix("sqlite:///")
    if path != url:
        return f"database {path}"
    try:
        return f"database {make_url(url).render_as_string(hide_password=True)}"
    except ArgumentError:
        return "the database"


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where SQLAlchemy says so (`_begin_sqlite`)
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")  # a commit that returned survives a power cut
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Writers take the lock at once: one that has read before could not get it any more."""
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
