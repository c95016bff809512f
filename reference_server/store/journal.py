"""START HERE for money: posts movements into the ledger and reads balances and histories, in SQL.

What a movement is, and that it balances, is `ledger.movement`'s; who may ask for one is the services'
business. Charges of calls are posted by `store.Store` with the call's record, by the same rules.
"""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from reference_server.ledger.movement import MONEY, Movement
from reference_server.store.journal_schema import BALANCES, ENTRIES, MOVEMENTS


class Overdrawn(Exception):
    """A movement would take an account below zero that may not be there; the transaction has to be undone."""

    def __init__(self, account: str, unit: str, balance: int) -> None:
        super().__init__(account, unit, balance)
        self.account = account
        self.unit = unit
        self.balance = balance
        """What the account would have; below zero."""

    def __str__(self) -> str:
        return f"{self.account} would be at {self.balance} ({self.unit})"


class MovementRow(NamedTuple):
    """A movement as one account sees it."""

    id: int
    """Movements are numbered in the order of their posting."""
    key: str
    kind: str
    at: float
    note: str
    actor: str
    unit: str
    amount: int
    """What the account got (above zero) or gave (below)."""
    balance: int
    """What the account had in this unit afterwards."""


class Journal:
    """The ledger of a database. Every method works inside the transaction of the connection it is given."""

    def post(self, connection: Connection, movement: Movement, never_below: Iterable[str] = ()) -> bool:
        """Posts a movement; False when its key was posted before, then nothing is.

        Raises `Overdrawn` when one of the accounts `never_below` would be below zero; the caller then lets
        the transaction be undone.
        """
        head = {
            "key": movement.key,
            "kind": movement.kind,
            "at": movement.at,
            "note": movement.note,
            "actor": movement.actor,
        }
        identifier = connection.execute(_ONCE[connection.dialect.name], head).scalar()
        if identifier is None:
            return False
        rows = [
            {"account": one.account, "unit": one.unit, "amount": one.amount, "movement": identifier}
            for one in sorted(movement.entries, key=lambda entry: (entry.account, entry.unit))
        ]  # one order for all: balances are locked in it
        connection.execute(ENTRIES.insert(), rows)
        watched = set(never_below)
        for entry in movement.entries:
            if entry.account in watched:
                left = self.balance(connection, entry.account, entry.unit)
                if left < 0:
                    raise Overdrawn(entry.account, entry.unit, left)
        return True

    def posted(self, connection: Connection, key: str) -> bool:
        """Whether a movement with this key was posted."""
        return connection.execute(select(MOVEMENTS.c.id).where(MOVEMENTS.c.key == key)).first() is not None

    def balance(self, connection: Connection, account: str, unit: str = MONEY) -> int:
        """What an account has: the sum of its entries."""
        query = select(BALANCES.c.amount).where((BALANCES.c.account == account) & (BALANCES.c.unit == unit))
        found = connection.execute(query).scalar()
        return 0 if found is None else int(found)

    def balances(self, connection: Connection, prefix: str, unit: str = MONEY) -> dict[str, int]:
        """Account -> what it has, for all accounts whose names begin with `prefix`."""
        query = (
            select(BALANCES.c.account, BALANCES.c.amount)
            .where(BALANCES.c.account.startswith(prefix, autoescape=True) & (BALANCES.c.unit == unit))
            .order_by(BALANCES.c.account)
        )
        return {account: int(amount) for account, amount in connection.execute(query)}

    def history(
        self, connection: Connection, account: str, last: int = 100, before: int | None = None
    ) -> list[MovementRow]:
        """The `last` newest movements of an account, newest first; those older than the movement `before`."""
        older = literal(True) if before is None else ENTRIES.c.movement < before
        query = (
            select(
                *(MOVEMENTS.c[name] for name in ("id", "key", "kind", "at", "note", "actor")),
                ENTRIES.c.unit,
                ENTRIES.c.amount,
            )
            .join(MOVEMENTS, MOVEMENTS.c.id == ENTRIES.c.movement)
            .where((ENTRIES.c.account == account) & older)
            .order_by(ENTRIES.c.movement.desc(), ENTRIES.c.unit)
            .limit(last)
        )
        rows = connection.execute(query).all()
        left = self._balances_after(connection, account, rows[0].id) if rows else {}
        shown = []
        for row in rows:
            shown.append(MovementRow._make((*row, left[row.unit])))
            left[row.unit] -= row.amount
        return shown

    def _balances_after(self, connection: Connection, account: str, movement: int) -> dict[str, int]:
        """Unit -> what the account had after a movement: what it has now without what came later."""
        later = (
            select(ENTRIES.c.unit, func.sum(ENTRIES.c.amount))
            .where((ENTRIES.c.account == account) & (ENTRIES.c.movement > movement))
            .group_by(ENTRIES.c.unit)
        )
        now = select(BALANCES.c.unit, BALANCES.c.amount).where(BALANCES.c.account == account)
        left = {unit: int(amount) for unit, amount in connection.execute(now)}
        for unit, amount in connection.execute(later):
            left[unit] -= int(amount)
        return left


_ONCE: dict[str, ReturningInsert[tuple[int]]] = {
    "sqlite": sqlite.insert(MOVEMENTS).on_conflict_do_nothing().returning(MOVEMENTS.c.id),
    "postgresql": postgresql.insert(MOVEMENTS).on_conflict_do_nothing().returning(MOVEMENTS.c.id),
}
"""Dialect -> statement that inserts a movement whose key is new, and tells its id."""
