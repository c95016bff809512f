"""Rows of Online Numbers that were bought, and of those that the trunk lets ring.

A number rings a profile when it is allocated and paid: then it has a row in the trunk's own table too.
"""

from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, update

from reference_server.store.manager_schema import OWNED_NUMBERS
from reference_server.store.rows import storable
from reference_server.store.schema import ONLINE_NUMBERS

_TABLE = OWNED_NUMBERS.c


class NumberRow(NamedTuple):
    """One number that was bought."""

    number: str
    country: str
    area: str
    price: int
    """Micro-units of the term that was paid last."""
    bought: float
    ends: float
    paid: bool
    term: int
    """How many terms were paid."""
    sip_username: str | None


def all_of_them(connection: Connection) -> list[NumberRow]:
    """All, by number."""
    return [NumberRow(*row) for row in connection.execute(select(OWNED_NUMBERS).order_by(_TABLE.number))]


def of_profile(connection: Connection, username: str) -> list[NumberRow]:
    """Those allocated to a profile."""
    query = select(OWNED_NUMBERS).where(_TABLE.sip_username == username).order_by(_TABLE.number)
    return [NumberRow(*row) for row in connection.execute(query)]


def named(connection: Connection, number: str) -> NumberRow | None:
    """The one that was bought."""
    row = connection.execute(select(OWNED_NUMBERS).where(_TABLE.number == storable(number))).first()
    return None if row is None else NumberRow(*row)


def taken(connection: Connection) -> set[str]:
    """All numbers that cannot be bought: those bought, and those of profiles of the settings file."""
    bought = connection.execute(select(_TABLE.number)).scalars()
    ringing = connection.execute(select(ONLINE_NUMBERS.c.number)).scalars()
    return {*bought, *ringing}


def next_end(connection: Connection) -> float | None:
    """When the first term of those paid ends."""
    found: float | None = connection.execute(
        select(func.min(_TABLE.ends)).where(_TABLE.paid.is_(True))
    ).scalar()
    return found


def first_ended(connection: Connection, now: float) -> NumberRow | None:
    """Of those paid whose term ended by `now`, the one that ended first."""
    query = select(OWNED_NUMBERS).where(_TABLE.paid.is_(True) & (_TABLE.ends <= now))
    row = connection.execute(query.order_by(_TABLE.ends, _TABLE.number).limit(1)).first()
    return None if row is None else NumberRow(*row)


def keep(connection: Connection, row: NumberRow) -> None:
    """Writes a number in place of what it was; it rings if it is paid and allocated."""
    forget(connection, row.number)
    connection.execute(insert(OWNED_NUMBERS).values(**row._asdict()))
    if row.paid and row.sip_username is not None:
        values = {"number": row.number, "sip_username": row.sip_username}
        connection.execute(insert(ONLINE_NUMBERS).values(**values))


def forget(connection: Connection, number: str) -> None:
    """The number is ours no more."""
    connection.execute(delete(ONLINE_NUMBERS).where(ONLINE_NUMBERS.c.number == number))
    connection.execute(delete(OWNED_NUMBERS).where(_TABLE.number == number))


def detach_all(connection: Connection, username: str) -> None:
    """Takes all numbers from a profile."""
    connection.execute(delete(ONLINE_NUMBERS).where(ONLINE_NUMBERS.c.sip_username == username))
    connection.execute(update(OWNED_NUMBERS).where(_TABLE.sip_username == username).values(sip_username=None))
