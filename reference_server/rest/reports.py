"""Routes of reports by day, as JSON and as a file of CSV."""

from typing import Annotated

from fastapi import FastAPI, Query
from fastapi.responses import StreamingResponse

from reference_server.manager.manager import Manager
from reference_server.manager.reports import DayView
from reference_server.rest.bearer import Reader
from reference_server.rest.export import CSV, as_file, exported
from reference_server.rest.problem import problems
from reference_server.rest.wishes import PLAIN, QueryDay

OfProfile = Annotated[
    str | None, Query(max_length=64, pattern=PLAIN, description="SIP username; all when left out.")
]


def add_reports(api: FastAPI, manager: Manager) -> None:
    """Adds the routes."""

    @api.get(
        "/reports/days",
        tags=["reports"],
        summary="Each day from one to another, at most 366: calls, minutes, cost, bundle minutes",
        responses=problems(401, 403, 404, 422),
    )
    async def days(
        _bearer: Reader, since: QueryDay, until: QueryDay, profile: OfProfile = None
    ) -> list[DayView]:
        return manager.reports.by_day(since, until, profile)

    @api.get(
        "/reports/days.csv",
        tags=["reports"],
        summary="The same as a file of CSV",
        response_class=StreamingResponse,
        responses={**as_file(CSV), **problems(401, 403, 404, 422)},
    )
    async def days_csv(
        _bearer: Reader, since: QueryDay, until: QueryDay, profile: OfProfile = None
    ) -> StreamingResponse:
        return exported(manager.reports.days_csv(since, until, profile), CSV, "days.csv")
