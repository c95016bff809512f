"""Call records with what they cost: filters, pages, and export as CSV or JSON; balance histories too."""

import datetime as dt
from collections.abc import Iterator
from typing import Literal

from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from reference_server.console.form import day_asked
from reference_server.console.gate import Gate
from reference_server.console.pages.outgoing import page_before
from reference_server.console.visit import Visit
from reference_server.manager.calls import CallFilter
from reference_server.manager.problem import Problem

LINES = 50
MOST_EXPORTED = 10_000
DIRECTIONS: dict[str, Literal["outbound", "inbound", "community"]] = {
    "outbound": "outbound",
    "inbound": "inbound",
    "community": "community",
}
"""What the filter says -> what is asked for; anything else asks for all."""


def records_routes(gate: Gate) -> list[Route]:
    """The page and its exports."""
    return [
        gate.page("/records", _show),
        gate.page("/records/calls.csv", _calls_csv),
        gate.page("/records/calls.json", _calls_json),
        gate.page("/records/history.csv", _history_csv),
    ]


async def _show(visit: Visit) -> Response:
    try:
        records = visit.manager.calls.records(_filter(visit, LINES))
    except Problem as problem:
        visit.problem, records = problem, []
    query, profiles = visit.request.query_params, visit.manager.profiles.all()
    asked = {
        name: query.get(name, "") for name in ("profile", "direction", "number", "since", "until", "answered")
    }
    return visit.page(
        "records.html.j2",
        title="Call records",
        asked=asked,
        query=visit.request.url.remove_query_params("before").query,
        records=records,
        profiles=profiles,
        names={one.sip_username: one.name for one in profiles},
        more=len(records) == LINES,
    )


async def _calls_csv(visit: Visit) -> Response:
    lines = visit.manager.reports.calls_csv(_filter(visit, MOST_EXPORTED))
    return download(lines, "calls.csv", "text/csv; charset=utf-8")


async def _calls_json(visit: Visit) -> Response:
    lines = visit.manager.reports.calls_json(_filter(visit, MOST_EXPORTED))
    return download(lines, "calls.json", "application/json")


async def _history_csv(visit: Visit) -> Response:
    lines = visit.manager.reports.history_csv(visit.asked("profile") or None)
    return download(lines, "history.csv", "text/csv; charset=utf-8")


def download(lines: Iterator[str], name: str, kind: str) -> Response:
    """A file to keep."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(lines, media_type=kind, headers=headers)


def _filter(visit: Visit, last: int) -> CallFilter:
    """What the URL's query asks for. Raises `Problem` 422."""
    answered = visit.asked("answered")
    until = day_asked(visit.asked("until"), "until")
    return CallFilter(
        profile=visit.asked("profile") or None,
        direction=DIRECTIONS.get(visit.asked("direction")),
        number=visit.asked("number") or None,
        since=_begin(visit, day_asked(visit.asked("since"), "since")),
        until=_begin(visit, None if until is None else until + dt.timedelta(days=1)),
        answered={"yes": True, "no": False}.get(answered),
        before=page_before(visit),
        last=last,
    )


def _begin(visit: Visit, day: dt.date | None) -> float | None:
    """When a day begins in the Manager's time zone."""
    if day is None:
        return None
    return dt.datetime.combine(day, dt.time(), visit.manager.zone).timestamp()
