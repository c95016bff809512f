"""Rows of landlines that are verified for a profile, so that it may show them as its caller ID."""

from sqlalchemy import Connection, delete, insert, select

from reference_server.store.manager_schema import LANDLINES
from reference_server.store.rows import storable

_TABLE = LANDLINES.c


def of_profile(connection: Connection, username: str) -> list[str]:
    """The verified landlines of a profile."""
    query = select(_TABLE.number).where(_TABLE.sip_username == username).order_by(_TABLE.number)
    return list(connection.execute(query).scalars())


def by_profile(connection: Connection) -> dict[str, list[str]]:
    """SIP username -> its verified landlines."""
    found: dict[str, list[str]] = {}
    for username, number in connection.execute(
        select(_TABLE.sip_username, _TABLE.number).order_by(_TABLE.number)
    ):
        found.setdefault(username, []).append(number)
    return found


def add(connection: Connection, username: str, number: str, at: float) -> None:
    """Marks a landline."""
    forget(connection, username, number)
    connection.execute(insert(LANDLINES).values(sip_username=username, number=number, verified=at))


def forget(connection: Connection, username: str, number: str) -> None:
    """Takes the mark away."""
    connection.execute(
        delete(LANDLINES).where((_TABLE.sip_username == username) & (_TABLE.number == storable(number)))
    )
