"""Reads call records for pages and reports; written they are in `store`, with the charge of the call."""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, true

from reference_server.store.rows import COMMUNITY, RecordRow, storable
from reference_server.store.schema import CALL_RECORDS

_TABLE = CALL_RECORDS.c


class NumberedRecordRow(NamedTuple):
    """A call that ended, with the number of its row."""

    id: int
    record: RecordRow


_COLUMNS = [_TABLE[name] for name in ("id", *RecordRow._fields)]


class RecordSelection(NamedTuple):
    """Which records; what is None does not restrict."""

    sip_username: str | None = None
    direction: str | None = None
    number: str | None = None
    """Part of the number called or of the caller."""
    since: float | None = None
    until: float | None = None
    """Started before."""
    answered: bool | None = None
    before: int | None = None
    """Only rows with a smaller id."""


class SpanRow(NamedTuple):
    """Calls of a span of time, added up."""

    calls: int
    answered: int
    talked: float
    """Seconds."""
    cost: int
    bundle_seconds: int


def newest(connection: Connection, which: RecordSelection, last: int) -> list[NumberedRecordRow]:
    """The `last` newest of the selection, newest first."""
    query = select(*_COLUMNS).where(_condition(which)).order_by(_TABLE.id.desc()).limit(last)
    return [_numbered(row) for row in connection.execute(query)]


def numbered(connection: Connection, identifier: int) -> NumberedRecordRow | None:
    """One record."""
    row = connection.execute(select(*_COLUMNS).where(_TABLE.id == identifier)).first()
    return None if row is None else _numbered(row)


def span(connection: Connection, since: float, until: float, username: str | None) -> SpanRow:
    """Calls that started from `since` on and before `until`, of one profile or of all, added up.

    Calls between business accounts are no profile's: they count for nobody.
    """
    talked = func.coalesce(func.sum(_TABLE.ended - _TABLE.answered), 0.0)
    query = select(
        func.count(),
        func.count(_TABLE.answered),
        talked,
        func.coalesce(func.sum(_TABLE.cost), 0),
        func.coalesce(func.sum(_TABLE.bundle_seconds), 0),
    ).where(
        _condition(RecordSelection(sip_username=username, since=since, until=until)),
        _TABLE.direction != COMMUNITY,
    )
    calls, answered, seconds, cost, bundle_seconds = connection.execute(query).one()
    return SpanRow(calls, answered, float(seconds), int(cost), int(bundle_seconds))


def _numbered(row: Row[Any]) -> NumberedRecordRow:
    return NumberedRecordRow(row[0], RecordRow._make(row[1:]))


def _condition(which: RecordSelection) -> ColumnElement[bool]:
    conditions: list[Any] = [
        column == storable(wanted)
        for column, wanted in (
            (_TABLE.sip_username, which.sip_username),
            (_TABLE.direction, which.direction),
        )
        if wanted is not None
    ]
    if which.number is not None:
        parts = (
            one.contains(storable(which.number), autoescape=True) for one in (_TABLE.number, _TABLE.caller)
        )
        conditions.append(or_(*parts))
    if which.since is not None:
        conditions.append(_TABLE.started >= which.since)
    if which.until is not None:
        conditions.append(_TABLE.started < which.until)
    if which.answered is not None:
        conditions.append(_TABLE.answered.is_not(None) if which.answered else _TABLE.answered.is_(None))
    if which.before is not None:
        conditions.append(_TABLE.id < which.before)
    return and_(true(), *conditions)
