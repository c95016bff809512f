"""Rows of tokens, with name and role of the owner; what one may do is told by `manager.people.tokens`."""

from typing import Any

from sqlalchemy import Connection, Select, delete, insert, or_, select, update

from reference_server.store.people_schema import ADMINISTRATORS, TOKENS


def add(
    connection: Connection,
    hash: str,
    name: str,
    scopes: str,
    owner: str | None,
    created: float,
    created_by: str,
    expires: float | None,
) -> int:
    """A new one; its id."""
    values = {"hash": hash, "name": name, "scopes": scopes, "owner": owner, "created": created}
    statement = insert(TOKENS).values(**values, created_by=created_by, expires=expires)
    number: int = connection.execute(statement.returning(TOKENS.c.id)).scalar_one()
    return number


def all_of_them(connection: Connection) -> list[dict[str, Any]]:
    """All, the oldest first."""
    return [dict(row) for row in connection.execute(_shown().order_by(TOKENS.c.id)).mappings()]


def with_id(connection: Connection, id: int) -> dict[str, Any] | None:
    """The one with `id`."""
    row = connection.execute(_shown().where(TOKENS.c.id == id)).mappings().first()
    return None if row is None else dict(row)


def with_hash(connection: Connection, hash: str, now: float) -> dict[str, Any] | None:
    """The one whose secret has `hash`, unless it expired."""
    lives = or_(TOKENS.c.expires.is_(None), TOKENS.c.expires > now)
    row = connection.execute(_shown().where((TOKENS.c.hash == hash) & lives)).mappings().first()
    return None if row is None else dict(row)


def set_used(connection: Connection, id: int, now: float) -> None:
    """Notes that it was used."""
    connection.execute(update(TOKENS).where(TOKENS.c.id == id).values(used=now))


def remove(connection: Connection, id: int) -> None:
    """Removes one."""
    connection.execute(delete(TOKENS).where(TOKENS.c.id == id))


def _shown() -> Select[Any]:
    owner = ADMINISTRATORS.c
    columns = [column for column in TOKENS.c if column.name != "hash"]
    return select(*columns, owner.name.label("owner_name"), owner.role.label("owner_role")).outerjoin(
        ADMINISTRATORS, owner.key == TOKENS.c.owner
    )
