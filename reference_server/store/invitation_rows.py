"""Rows of invitations; what they promise is told by `manager.people.invitations`."""

from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select

from reference_server.store.people_schema import INVITATIONS

_SHOWN = (
    INVITATIONS.c.id,
    INVITATIONS.c.role,
    INVITATIONS.c.note,
    INVITATIONS.c.created,
    INVITATIONS.c.created_by,
    INVITATIONS.c.expires,
)


def add(
    connection: Connection,
    hash: str,
    role: str,
    note: str,
    created: float,
    created_by: str,
    expires: float | None,
) -> int:
    """A new one; its id."""
    values = {"hash": hash, "role": role, "note": note, "created": created, "created_by": created_by}
    statement = insert(INVITATIONS).values(**values, expires=expires)
    number: int = connection.execute(statement.returning(INVITATIONS.c.id)).scalar_one()
    return number


def living(connection: Connection, now: float) -> list[dict[str, Any]]:
    """Those that have not expired, the oldest first; links to the first account are not among them."""
    query = select(*_SHOWN).where(INVITATIONS.c.expires > now).order_by(INVITATIONS.c.id)
    return [dict(row) for row in connection.execute(query).mappings()]


def with_hash(connection: Connection, hash: str, now: float) -> dict[str, Any] | None:
    """The one whose secret has `hash`, unless it expired."""
    lives = or_(INVITATIONS.c.expires.is_(None), INVITATIONS.c.expires > now)
    query = select(*_SHOWN).where((INVITATIONS.c.hash == hash) & lives)
    row = connection.execute(query).mappings().first()
    return None if row is None else dict(row)


def remove(connection: Connection, id: int) -> bool:
    """Removes one; whether it was there."""
    return connection.execute(delete(INVITATIONS).where(INVITATIONS.c.id == id)).rowcount > 0


def remove_first_links(connection: Connection) -> None:
    """Removes links to the first administrator's account."""
    connection.execute(delete(INVITATIONS).where(INVITATIONS.c.expires.is_(None)))
