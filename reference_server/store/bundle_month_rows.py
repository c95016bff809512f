"""Rows of the month in which a profile has US bundle minutes, and how many it was granted in it."""

from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, select

from reference_server.store.manager_schema import BUNDLE_MONTHS

_TABLE = BUNDLE_MONTHS.c


class BundleMonthRow(NamedTuple):
    """The month of one profile."""

    sip_username: str
    month: str
    """As "2026-03"."""
    until: float
    """When the month after it begins."""
    granted: int
    """Seconds, without those that lapsed again."""


def all_of_them(connection: Connection) -> dict[str, BundleMonthRow]:
    """SIP username -> its month."""
    return {row.sip_username: BundleMonthRow(*row) for row in connection.execute(select(BUNDLE_MONTHS))}


def of(connection: Connection, username: str) -> BundleMonthRow | None:
    """The month of a profile."""
    row = connection.execute(select(BUNDLE_MONTHS).where(_TABLE.sip_username == username)).first()
    return None if row is None else BundleMonthRow(*row)


def next_end(connection: Connection) -> float | None:
    """When the first of the months ends."""
    found: float | None = connection.execute(select(func.min(_TABLE.until))).scalar()
    return found


def first_ended(connection: Connection, now: float) -> BundleMonthRow | None:
    """Of the months that ended by `now`, the one that ended first."""
    query = select(BUNDLE_MONTHS).where(_TABLE.until <= now).order_by(_TABLE.until, _TABLE.sip_username)
    row = connection.execute(query.limit(1)).first()
    return None if row is None else BundleMonthRow(*row)


def keep(connection: Connection, row: BundleMonthRow) -> None:
    """Writes the month of a profile, in place of the one that it had."""
    forget(connection, row.sip_username)
    connection.execute(insert(BUNDLE_MONTHS).values(**row._asdict()))


def forget(connection: Connection, username: str) -> None:
    """The profile has no bundle minutes."""
    connection.execute(delete(BUNDLE_MONTHS).where(_TABLE.sip_username == username))
