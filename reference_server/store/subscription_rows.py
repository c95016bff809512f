"""Rows of channel subscriptions: one for each term that was paid, of which one a profile runs."""

from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, func, insert, select, update

from reference_server.store.manager_schema import SUBSCRIPTIONS

_TABLE = SUBSCRIPTIONS.c


class SubscriptionRow(NamedTuple):
    """One term."""

    id: int
    sip_username: str
    channels: int
    us_minute_bundles: int
    price: int
    """Micro-units paid."""
    started: float
    ends: float
    closed: float | None
    closed_by: str
    """`renewal`, `change`, `unpaid`, `removal`; empty while it runs."""


def running(connection: Connection, username: str) -> SubscriptionRow | None:
    """The term that runs."""
    return _first(connection, _all().where((_TABLE.sip_username == username) & _TABLE.closed.is_(None)))


def latest(connection: Connection) -> dict[str, SubscriptionRow]:
    """SIP username -> the term that runs or ran last."""
    newest = select(func.max(_TABLE.id)).group_by(_TABLE.sip_username)
    rows = connection.execute(_all().where(_TABLE.id.in_(newest)))
    return {row.sip_username: SubscriptionRow(*row) for row in rows}


def latest_of(connection: Connection, username: str) -> SubscriptionRow | None:
    """The term of a profile that runs or ran last."""
    return _first(connection, _all().where(_TABLE.sip_username == username).order_by(_TABLE.id.desc()))


def history(connection: Connection, username: str) -> list[SubscriptionRow]:
    """All terms of a profile, newest first."""
    query = _all().where(_TABLE.sip_username == username).order_by(_TABLE.id.desc())
    return [SubscriptionRow(*row) for row in connection.execute(query)]


def next_end(connection: Connection) -> float | None:
    """When the first of the terms that run ends."""
    query = select(func.min(_TABLE.ends)).where(_TABLE.closed.is_(None))
    found: float | None = connection.execute(query).scalar()
    return found


def first_ended(connection: Connection, now: float) -> SubscriptionRow | None:
    """Of the terms that run on though they ended by `now`, the one that ended first."""
    query = _all().where(_TABLE.closed.is_(None) & (_TABLE.ends <= now)).order_by(_TABLE.ends, _TABLE.id)
    return _first(connection, query)


def add(
    connection: Connection,
    username: str,
    channels: int,
    us_minute_bundles: int,
    price: int,
    started: float,
    ends: float,
) -> None:
    """A term that begins."""
    values = {"channels": channels, "us_minute_bundles": us_minute_bundles, "price": price}
    statement = insert(SUBSCRIPTIONS).values(
        sip_username=username, started=started, ends=ends, closed=None, closed_by="", **values
    )
    connection.execute(statement)


def close(connection: Connection, identifier: int, at: float, closed_by: str) -> None:
    """Ends a term."""
    statement = update(SUBSCRIPTIONS).where(_TABLE.id == identifier)
    connection.execute(statement.values(closed=at, closed_by=closed_by))


def _all() -> Select[Any]:
    return select(*(_TABLE[name] for name in SubscriptionRow._fields))


def _first(connection: Connection, query: Select[Any]) -> SubscriptionRow | None:
    row = connection.execute(query.limit(1)).first()
    return None if row is None else SubscriptionRow(*row)
