"""Rows of administrators; who may change them is decided by `manager.people.administrators`."""

from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from reference_server.store.people_schema import ADMINISTRATORS

_SHOWN = (ADMINISTRATORS.c.name, ADMINISTRATORS.c.role, ADMINISTRATORS.c.created, ADMINISTRATORS.c.created_by)


def all_of_them(connection: Connection) -> list[dict[str, Any]]:
    """All, by name, without passwords."""
    rows = connection.execute(select(*_SHOWN).order_by(ADMINISTRATORS.c.key)).mappings()
    return [dict(row) for row in rows]


def count(connection: Connection) -> int:
    """How many there are, viewers included."""
    return connection.execute(select(func.count()).select_from(ADMINISTRATORS)).scalar_one()


def named(connection: Connection, key: str) -> dict[str, Any] | None:
    """The one with `key`, without the password."""
    row = connection.execute(select(*_SHOWN).where(ADMINISTRATORS.c.key == key)).mappings().first()
    return None if row is None else dict(row)


def with_password(connection: Connection, key: str) -> dict[str, Any] | None:
    """The one with `key`, with the hash of the password."""
    query = select(*_SHOWN, ADMINISTRATORS.c.password).where(ADMINISTRATORS.c.key == key)
    row = connection.execute(query).mappings().first()
    return None if row is None else dict(row)


def is_last(connection: Connection, key: str) -> bool:
    """Whether nobody but `key` is an administrator."""
    query = select(ADMINISTRATORS.c.key).where(ADMINISTRATORS.c.role == "administrator")
    return list(connection.execute(query).scalars()) == [key]


def add(
    connection: Connection, key: str, name: str, password: str, role: str, created: float, created_by: str
) -> None:
    """A new one; `password` is a hash."""
    values = {"key": key, "name": name, "password": password, "role": role}
    connection.execute(insert(ADMINISTRATORS).values(**values, created=created, created_by=created_by))


def set_role(connection: Connection, key: str, role: str) -> None:
    """Changes the role."""
    connection.execute(update(ADMINISTRATORS).where(ADMINISTRATORS.c.key == key).values(role=role))


def set_password(connection: Connection, key: str, password: str) -> None:
    """Changes the hash of the password."""
    connection.execute(update(ADMINISTRATORS).where(ADMINISTRATORS.c.key == key).values(password=password))


def remove(connection: Connection, key: str) -> None:
    """Removes one; sessions and tokens go with it (foreign keys)."""
    connection.execute(delete(ADMINISTRATORS).where(ADMINISTRATORS.c.key == key))
