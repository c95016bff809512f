"""Rows of orders that moved money: each key is carried out once."""

from sqlalchemy import Connection, insert, select

from reference_server.store.manager_schema import ORDERS


def about(connection: Connection, key: str) -> str | None:
    """What the order with `key` was about; None when there was none."""
    found: str | None = connection.execute(select(ORDERS.c.about).where(ORDERS.c.key == key)).scalar()
    return found


def add(connection: Connection, key: str, about: str, at: float) -> None:
    """Remembers an order."""
    connection.execute(insert(ORDERS).values(key=key, about=about, at=at))
