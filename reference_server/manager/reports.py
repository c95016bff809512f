"""Reports by day, and exports: call records as CSV or JSON, balance history and days as CSV.

Days are those of the Manager's time zone. Exports come in pieces, each read when it is asked for: they are
pulled in the trunk's own loop, where nothing else writes meanwhile.
"""

import csv
import datetime as dt
import io
import re
from collections.abc import Iterable, Iterator

from pydantic import BaseModel

from reference_server.ledger.money import money_text
from reference_server.manager.amount import Amount
from reference_server.manager.calls import CallFilter, CallRecordView, Calls
from reference_server.manager.credit import Credit, MovementView
from reference_server.manager.means import Means
from reference_server.manager.problem import wrong_value
from reference_server.manager.profile_lookup import any_profile
from reference_server.store import record_rows

LONGEST_REPORT = 366
"""Days."""
FIRST_YEAR = 1970
LAST_YEAR = 2999
PAGE = 1000
"""Rows that are read at a time."""
RUNNABLE = re.compile(r"[=@\t\r]|[+-](?![0-9 .]*$)", re.ASCII)
"""How a cell begins that a spreadsheet would run as a formula; signed numbers are none."""
MOMENT = "%Y-%m-%d %H:%M:%S%z"


class DayView(BaseModel):
    """One day of one profile, or of all."""

    day: dt.date
    calls: int
    answered: int
    seconds: int
    """Talked."""
    cost: Amount
    bundle_seconds: int


class Reports:
    """What happened, added up or line by line. Methods raise `Problem`."""

    def __init__(self, means: Means, calls: Calls, credit: Credit) -> None:
        self._means = means
        self._calls = calls
        self._credit = credit

    def today(self) -> dt.date:
        """The day that it is in the Manager's time zone."""
        return dt.datetime.fromtimestamp(self._means.clock(), self._means.zone).date()

    def by_day(self, since: dt.date, until: dt.date, username: str | None = None) -> list[DayView]:
        """Each day from `since` to `until`, both included; at most 366. Raises `Problem` 422."""
        length = (until - since).days + 1
        if not (1 <= length <= LONGEST_REPORT and since.year >= FIRST_YEAR and until.year <= LAST_YEAR):
            detail = f"seen {since} to {until}; write a first day, a last one, and at most a year between"
            raise wrong_value("until", detail)
        days = [since + dt.timedelta(days=number) for number in range(length)]
        with self._means.orders.reading() as connection:
            if username is not None:
                any_profile(connection, username)
            spans = [record_rows.span(connection, *self._bounds(day), username) for day in days]
        return [
            DayView(
                day=day,
                calls=span.calls,
                answered=span.answered,
                seconds=round(span.talked),
                cost=span.cost,
                bundle_seconds=span.bundle_seconds,
            )
            for day, span in zip(days, spans, strict=True)
        ]

    def calls_csv(self, which: CallFilter) -> Iterator[str]:
        """Call records as lines of CSV (RFC 4180), with a header line, the newest first.

        Cells that a spreadsheet would run as a formula begin with an apostrophe.
        """
        yield _line(CallRecordView.model_fields)
        for view in self._records(which):
            values = view.model_dump() | {"cost": money_text(view.cost)}
            for name in ("started", "answered", "ended"):
                values[name] = self._moment(values[name])
            yield _line(values.values())

    def calls_json(self, which: CallFilter) -> Iterator[str]:
        """Call records as pieces of one JSON array."""
        return _array(view.model_dump_json() for view in self._records(which))

    def history_csv(self, username: str | None) -> Iterator[str]:
        """Balance history of a profile or of the Manager (None) as lines of CSV, the newest first."""
        yield _line(MovementView.model_fields)
        for view in self._movements(username):
            amounts = {"amount": money_text(view.amount), "balance": money_text(view.balance)}
            yield _line((view.model_dump() | {"at": self._moment(view.at)} | amounts).values())

    def days_csv(self, since: dt.date, until: dt.date, username: str | None = None) -> Iterator[str]:
        """`by_day` as lines of CSV."""
        yield _line(DayView.model_fields)
        for view in self.by_day(since, until, username):
            yield _line((view.model_dump() | {"cost": money_text(view.cost)}).values())

    def _bounds(self, day: dt.date) -> tuple[float, float]:
        """When a day begins and ends: 23 or 25 hours where clocks are changed."""
        first, last = (
            dt.datetime.combine(one, dt.time(), self._means.zone).timestamp()
            for one in (day, day + dt.timedelta(days=1))
        )
        return first, last

    def _moment(self, moment: float | None) -> str:
        if moment is None:
            return ""
        return dt.datetime.fromtimestamp(moment, self._means.zone).strftime(MOMENT)

    def _records(self, which: CallFilter) -> Iterator[CallRecordView]:
        before = which.before
        while page := self._calls.records(which.model_copy(update={"before": before, "last": PAGE})):
            yield from page
            before = page[-1].id

    def _movements(self, username: str | None) -> Iterator[MovementView]:
        before = None
        while page := self._credit.history(username, PAGE, before):
            yield from page
            before = page[-1].id


def _line(cells: Iterable[object]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow([_safe(cell) for cell in cells])
    return text.getvalue()


def _safe(cell: object) -> str:
    text = "" if cell is None else str(cell)
    return f"'{text}" if RUNNABLE.match(text) else text


def _array(objects: Iterable[str]) -> Iterator[str]:
    between = "[\n"
    for one in objects:
        yield between + one
        between = ",\n"
    yield "[]\n" if between == "[\n" else "\n]\n"
