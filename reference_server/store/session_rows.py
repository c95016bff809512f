"""Rows of sessions; when one is over is decided by `manager.people.sessions`."""

from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from reference_server.store.people_schema import ADMINISTRATORS, SESSIONS


def add(connection: Connection, hash: str, administrator: str, now: float, address: str) -> None:
    """A new one."""
    values = {"hash": hash, "administrator": administrator, "created": now, "seen": now}
    connection.execute(insert(SESSIONS).values(**values, address=address[:64]))


def living(
    connection: Connection, hash: str, seen_after: float, created_after: float
) -> dict[str, Any] | None:
    """`seen` of a session with `name` and `role` of its owner; None when it was used or made too long ago."""
    query = (
        select(SESSIONS.c.seen, ADMINISTRATORS.c.name, ADMINISTRATORS.c.role)
        .join(ADMINISTRATORS, ADMINISTRATORS.c.key == SESSIONS.c.administrator)
        .where(SESSIONS.c.hash == hash)
        .where((SESSIONS.c.seen > seen_after) & (SESSIONS.c.created > created_after))
    )
    row = connection.execute(query).mappings().first()
    return None if row is None else dict(row)


def set_seen(connection: Connection, hash: str, now: float) -> None:
    """Notes that it was used."""
    connection.execute(update(SESSIONS).where(SESSIONS.c.hash == hash).values(seen=now))


def remove(connection: Connection, hash: str) -> bool:
    """Removes one; whether it was there."""
    return connection.execute(delete(SESSIONS).where(SESSIONS.c.hash == hash)).rowcount > 0


def remove_all_of(connection: Connection, administrator: str) -> None:
    """Removes all of somebody."""
    connection.execute(delete(SESSIONS).where(SESSIONS.c.administrator == administrator))


def forget_old(connection: Connection, seen_before: float, created_before: float) -> None:
    """Removes those that are over."""
    over = (SESSIONS.c.seen <= seen_before) | (SESSIONS.c.created <= created_before)
    connection.execute(delete(SESSIONS).where(over))
