"""What one commit writes about calls: SQL and rows past SQLAlchemy, which costs more than SQLite itself.

`store.Store` collects the rows and owns the transaction. All statements may be repeated: whatever was written
before is left as it is, so no call is recorded, charged or opened twice.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from reference_server.ledger import accounts
from reference_server.ledger.movement import MONEY, SECONDS
from reference_server.store.rows import OpenCallRow, RecordRow
from reference_server.store.schema import CALL_RECORDS, OPEN_CALLS

WriteMany = Callable[[str, list[Any]], object]
"""Runs a statement for each of several rows."""
EntryRow = tuple[str, str, int, str]
"""Account, unit, amount, key of the movement."""

KIND = "call"
ACTOR = "trunk"


class CallStatements:
    """The statements of one writer of a database."""

    def __init__(self, dialect: str, writer: int) -> None:
        """`dialect`: SQLAlchemy's name of the database; `writer`: number of the worker."""
        mark = "?" if dialect == "sqlite" else "%s"
        self._open = _insert(OPEN_CALLS.name, OpenCallRow._fields, mark, ("writer", str(writer)))
        self._record = _insert(CALL_RECORDS.name, RecordRow._fields, mark)
        self._close = f"DELETE FROM {OPEN_CALLS.name} WHERE key = {mark}"
        self._movement = _insert("movement", ("key", "kind", "at", "note", "actor"), mark)
        self._entry = (
            "INSERT INTO entry (account, unit, amount, movement) "
            f"SELECT {mark}, {mark}, {_number(mark, dialect)}, id FROM movement WHERE key = {mark} "
            "ON CONFLICT DO NOTHING"
        )
        self._alive = (
            f"INSERT INTO writer (writer, alive_at) VALUES ({writer}, {mark}) "
            "ON CONFLICT (writer) DO UPDATE SET alive_at = excluded.alive_at"
        )

    def write(
        self,
        write_many: WriteMany,
        opened: list[OpenCallRow],
        records: list[RecordRow],
        closed: list[tuple[str]],
        alive_at: float | None,
    ) -> None:
        """Writes calls that were answered and calls that ended, with what these cost."""
        if opened:
            write_many(self._open, opened)
        if records:
            write_many(self._record, records)
            charged = [row for row in records if row.cost or row.bundle_seconds]
            if charged:
                write_many(self._movement, [_movement(row) for row in charged])
                write_many(self._entry, sorted(_entries(charged)))  # one order for all: balances get locked
        if closed:
            write_many(self._close, closed)
        if alive_at is not None:
            write_many(self._alive, [(alive_at,)])


def charge_key(key: str) -> str:
    """The key of the movement that charges a call."""
    return f"call:{key}"


def _movement(row: RecordRow) -> tuple[str, str, float, str, str]:
    return (charge_key(row.key), KIND, row.ended, f"{row.number}: {row.rate}", ACTOR)


def _entries(charged: Iterable[RecordRow]) -> Iterable[EntryRow]:
    for row in charged:
        key, user = charge_key(row.key), row.sip_username
        if row.cost:
            yield accounts.profile(user), MONEY, -row.cost, key
            yield accounts.INCOME_CALLS, MONEY, row.cost, key
        if row.bundle_seconds:
            yield accounts.bundle(user), SECONDS, -row.bundle_seconds, key
            yield accounts.BUNDLES_USED, SECONDS, row.bundle_seconds, key


def _insert(table: str, columns: Sequence[str], mark: str, fixed: tuple[str, str] | None = None) -> str:
    names, values = list(columns), [mark] * len(columns)
    if fixed is not None:
        names.append(fixed[0])
        values.append(fixed[1])
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(values)}) ON CONFLICT DO NOTHING"


def _number(mark: str, dialect: str) -> str:
    """PostgreSQL wants to know the type of what is selected."""
    return mark if dialect == "sqlite" else f"CAST({mark} AS BIGINT)"
