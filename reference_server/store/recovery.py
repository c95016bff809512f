"""Closes the calls that a trunk left open when it was killed: each gets its record and is charged, once.

When it ended nobody knows: the last moment at which the trunk said that it lives is taken. What it costs is
`rating`'s to say, and never more than the ledger says is there.
"""

from sqlalchemy import Connection, delete, literal, select

from reference_server.ledger import accounts
from reference_server.ledger.movement import MONEY, SECONDS
from reference_server.rating.charge import NOTHING, Charge, settle, talk_seconds
from reference_server.rating.tariff import Rate
from reference_server.store.call_statements import CallStatements
from reference_server.store.journal import Journal
from reference_server.store.rows import OpenCallRow, RecordRow
from reference_server.store.schema import OPEN_CALLS, WRITERS

CAUSE = "trunk stopped"
_JOURNAL = Journal()


def close_open_calls(
    connection: Connection, statements: CallStatements, writer: int | None, now: float
) -> list[RecordRow]:
    """Closes those of `writer`, None for all, inside the connection's transaction; returns their records."""
    query = (
        select(*(OPEN_CALLS.c[name] for name in OpenCallRow._fields), WRITERS.c.alive_at)
        .join(WRITERS, WRITERS.c.writer == OPEN_CALLS.c.writer, isouter=True)
        .order_by(OPEN_CALLS.c.answered, OPEN_CALLS.c.key)
    )
    theirs = literal(True) if writer is None else OPEN_CALLS.c.writer == writer
    records = []
    for row in connection.execute(query.where(theirs)).all():
        call = OpenCallRow._make(row[:-1])
        ended = max(call.answered, min(now, row.alive_at or call.answered))
        record = _record(call, ended, _charge(connection, call, ended))
        statements.write(connection.exec_driver_sql, [], [record], [], None)
        records.append(record)
    connection.execute(delete(OPEN_CALLS).where(theirs))
    return records


def _charge(connection: Connection, call: OpenCallRow, ended: float) -> Charge:
    if not call.step:
        return NOTHING
    user = call.sip_username
    seconds = _JOURNAL.balance(connection, accounts.bundle(user), SECONDS) if call.in_bundle else 0
    rate = Rate(call.rate_prefix, call.rate_name, call.per_minute, call.setup, call.step)
    charge = settle(rate, talk_seconds(call.answered, ended), max(0, seconds))
    left = max(0, _JOURNAL.balance(connection, accounts.profile(user), MONEY))
    return charge._replace(cost=min(charge.cost, left))


def _record(call: OpenCallRow, ended: float, charge: Charge) -> RecordRow:
    return RecordRow(
        call.call_id,
        call.sip_username,
        call.direction,
        call.caller,
        call.number,
        call.started,
        call.answered,
        ended,
        200,
        CAUSE,
        "trunk",
        "",
        charge.cost,
        charge.bundle_seconds,
        charge.rate_text,
        call.key,
    )
