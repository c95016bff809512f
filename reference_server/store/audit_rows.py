"""Rows of the audit log: added and read, never changed."""

from typing import Any

from sqlalchemy import Connection, insert, select

from reference_server.store.people_schema import AUDIT_ENTRIES
from reference_server.store.rows import storable


def add(
    connection: Connection,
    *,
    at: float,
    actor: str,
    via: str,
    address: str,
    action: str,
    subject: str,
    detail: str,
) -> None:
    """A new entry; what is too long for its column is cut."""
    texts = {"actor": actor, "via": via, "address": address, "action": action, "subject": subject}
    lengths = {column.name: getattr(column.type, "length", None) for column in AUDIT_ENTRIES.c}
    cut = {name: storable(text)[: lengths[name]] for name, text in texts.items()}
    connection.execute(insert(AUDIT_ENTRIES).values(at=at, detail=storable(detail), **cut))


def newest(connection: Connection, last: int, before: int | None) -> list[dict[str, Any]]:
    """The `last` newest, newest first; with `before`, those with a smaller id."""
    query = select(AUDIT_ENTRIES).order_by(AUDIT_ENTRIES.c.id.desc()).limit(last)
    if before is not None:
        query = query.where(AUDIT_ENTRIES.c.id < before)
    return [dict(row) for row in connection.execute(query).mappings()]
