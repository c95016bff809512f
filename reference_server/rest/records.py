"""Routes of call records: in pages, one by one, and as files of CSV or JSON."""

from collections.abc import Callable, Iterator
from typing import Annotated, Literal

from fastapi import Depends, FastAPI, Path, Query, Request
from fastapi.responses import StreamingResponse

from reference_server.manager.calls import CallFilter, CallRecordView
from reference_server.manager.manager import Manager
from reference_server.rest.bearer import Reader
from reference_server.rest.export import CSV, JSON, as_file, exported
from reference_server.rest.page import Before, Limit, Page, page_before
from reference_server.rest.problem import problems
from reference_server.rest.wishes import PLAIN, Flag

MOST_EXPORTED = 10_000
"""Records of a file: the most that one question of the service gives."""

Seconds = Annotated[float | None, Query(ge=0, le=1e11, description="Seconds since the epoch.")]


def _wanted(
    profile: Annotated[
        str | None,
        Query(max_length=64, pattern=PLAIN, description="SIP username.", examples=["99051000000231"]),
    ] = None,
    direction: Literal["outbound", "inbound", "community"] | None = None,
    number: Annotated[
        str | None,
        Query(max_length=64, pattern=PLAIN, description="Part of the number called, or of the caller."),
    ] = None,
    since: Seconds = None,
    until: Seconds = None,
    answered: Flag | None = None,
) -> CallFilter:
    return CallFilter(
        profile=profile, direction=direction, number=number, since=since, until=until, answered=answered
    )


Wanted = Annotated[CallFilter, Depends(_wanted)]
RecordId = Annotated[int, Path(ge=1, lt=2**63, examples=[1])]


def add_records(api: FastAPI, manager: Manager) -> None:
    """Adds the routes."""

    @api.get(
        "/records", tags=["records"], summary="Call records, newest first", responses=problems(401, 403, 422)
    )
    async def records(
        request: Request, _bearer: Reader, wanted: Wanted, limit: Limit = 100, before: Before = None
    ) -> Page[CallRecordView]:
        which = wanted.model_copy(update={"last": limit + 1, "before": before})
        return page_before(request, manager.calls.records(which), lambda each: each.id, limit)

    _add_file(api, "csv", CSV, manager.reports.calls_csv)
    _add_file(api, "json", JSON, manager.reports.calls_json)

    @api.get(
        "/records/{record_id}",
        tags=["records"],
        summary="One call record",
        responses=problems(401, 403, 404, 422),
    )
    async def record(_bearer: Reader, record_id: RecordId) -> CallRecordView:
        return manager.calls.record(record_id)


def _add_file(
    api: FastAPI, ending: str, media_type: str, rows: Callable[[CallFilter], Iterator[str]]
) -> None:
    @api.get(
        f"/records.{ending}",
        name=f"as_{ending}",
        tags=["records"],
        summary=f"Call records as a file of {ending.upper()}, newest first",
        response_class=StreamingResponse,
        responses={**as_file(media_type), **problems(401, 403, 422)},
    )
    async def download(_bearer: Reader, wanted: Wanted) -> StreamingResponse:
        which = wanted.model_copy(update={"last": MOST_EXPORTED})
        return exported(rows(which), media_type, f"call-records.{ending}")
