"""What one commit writes about calls: SQL and rows past SQLAlchemy, which costs more than SQLite itself.

`store.Store` collects the rows and owns the transaction. All statements may be repeated: whatever was written
before is left as it is, so no call is recorded, charged or opened twice.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from reference_server.ledger import accounts
from reference_server.ledger.movement import MONEY, SECONDS
from reference_server.store.rows import OpenCallRow, RecordRow
from reference_server.store.schema import CALL_RECORDS, OPEN_CALLS


class Written(Protocol):
    """What is known of a statement that ran."""

    @property
    def rowcount(self) -> int:
        """Rows that it wrote, all its runs together."""


WriteMany = Callable[[str, list[Any]], Written]
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
        columns = ("key", "kind", "at", "note", "actor")
        self._movement = _insert("movement", columns, mark)
        self._numbered_movement = _insert("movement", ("id", *columns), mark)
        self._numbered_entry = _insert("entry", ("account", "unit", "amount", "movement"), mark)
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
        free_id: Callable[[], int] | None = None,
    ) -> None:
        """Writes calls that were answered and calls that ended, with what these cost.

        `free_id` tells the first number that no movement has, where nobody else writes meanwhile: entries
        then need not look for the numbers of their movements, which is half of their cost.
        """
        if opened:
            write_many(self._open, [*map(tuple, opened)])  # sqlite3 reads plain tuples twice as fast as named
        if records:
            write_many(self._record, [*map(tuple, records)])
            charged = [row for row in records if row.cost or row.bundle_seconds]
            if charged and not (free_id and self._charge_numbered(write_many, charged, free_id())):
                write_many(self._movement, [_movement(row) for row in charged])
                write_many(self._entry, sorted(_entries(charged)))  # one order for all: balances get locked
        if closed:
            write_many(self._close, closed)
        if alive_at is not None:
            write_many(self._alive, [(alive_at,)])

    def _charge_numbered(self, write_many: WriteMany, charged: Sequence[RecordRow], first: int) -> bool:
        """Charges calls with movements numbered from `first`; False when one was charged before."""
        movements = [(number, *_movement(row)) for number, row in enumerate(charged, first)]
        if write_many(self._numbered_movement, movements).rowcount != len(movements):
            return False
        numbers = {movement[1]: movement[0] for movement in movements}
        entries = [(account, unit, amount, numbers[key]) for account, unit, amount, key in _entries(charged)]
        write_many(self._numbered_entry, sorted(entries))
        return True


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
