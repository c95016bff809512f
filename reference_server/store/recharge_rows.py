"""Rows of auto-recharge settings, one a profile that ever had any."""

from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from reference_server.store.manager_schema import RECHARGES

_TABLE = RECHARGES.c


class RechargeRow(NamedTuple):
    """Auto-recharge of one profile."""

    sip_username: str
    enabled: bool
    amount: int
    """Micro-units."""
    minimum: int
    """Micro-units."""
    done: int
    """How often it was recharged."""
    retry_at: float | None
    """Set while the Manager's balance is too small."""


def all_of_them(connection: Connection) -> dict[str, RechargeRow]:
    """SIP username -> settings."""
    return {row.sip_username: RechargeRow(*row) for row in connection.execute(select(RECHARGES))}


def enabled(connection: Connection) -> list[RechargeRow]:
    """Those that are switched on, by SIP username."""
    query = select(RECHARGES).where(_TABLE.enabled.is_(True)).order_by(_TABLE.sip_username)
    return [RechargeRow(*row) for row in connection.execute(query)]


def of(connection: Connection, username: str) -> RechargeRow | None:
    """The settings of a profile."""
    row = connection.execute(select(RECHARGES).where(_TABLE.sip_username == username)).first()
    return None if row is None else RechargeRow(*row)


def keep(connection: Connection, row: RechargeRow) -> None:
    """Writes the settings of a profile, in place of those that it had."""
    connection.execute(delete(RECHARGES).where(_TABLE.sip_username == row.sip_username))
    connection.execute(insert(RECHARGES).values(**row._asdict()))


def wait_until(connection: Connection, username: str, retry_at: float | None) -> None:
    """Says when it is tried again; None: nothing is waited for."""
    connection.execute(update(RECHARGES).where(_TABLE.sip_username == username).values(retry_at=retry_at))


def count_one(connection: Connection, username: str) -> None:
    """It was recharged once more, and waits for nothing."""
    statement = update(RECHARGES).where(_TABLE.sip_username == username)
    connection.execute(statement.values(done=_TABLE.done + 1, retry_at=None))


def forget(connection: Connection, username: str) -> None:
    """The profile is gone."""
    connection.execute(delete(RECHARGES).where(_TABLE.sip_username == username))
