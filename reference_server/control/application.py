"""The routes of the control API: place, list and end calls, look at profiles and records, scrape metrics.

What they do is the `desk`'s work; what goes in and out is `models`.
"""

from typing import Annotated

from fastapi import FastAPI, Query, Response
from fastapi.responses import PlainTextResponse

from reference_server.control.desk import ControlDesk, Desk
from reference_server.control.models import (
    CallOrder,
    CallShown,
    Health,
    ProfileShown,
    RecordShown,
)
from reference_server.control.problem import PROBLEMS, explain_problems
from reference_server.control.stage_routes import add_stage

PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8"


def make_application(desk: Desk) -> FastAPI:
    """The ASGI application."""
    application = FastAPI(
        title="Reference trunk",
        description="Places calls towards PBXs and shows what the trunk does.",
        responses=PROBLEMS,
    )
    explain_problems(application)
    _add_calls(application, desk)
    _add_views(application, desk)
    if isinstance(desk, ControlDesk) and desk.stage is not None:
        add_stage(application, desk.stage)
    return application


def _add_calls(application: FastAPI, desk: Desk) -> None:
    @application.post("/calls", status_code=201, summary="Place a call towards a PBX")
    async def place_call(order: CallOrder) -> CallShown:
        return await desk.place_call(order)

    @application.get("/calls", summary="Calls that live, and those that ended lately")
    async def list_calls() -> list[CallShown]:
        return await desk.calls()

    @application.get("/calls/{call_id}", summary="One call")
    async def show_call(call_id: str) -> CallShown:
        return await desk.call(call_id)

    @application.delete("/calls/{call_id}", status_code=204, summary="End a call")
    async def end_call(call_id: str) -> Response:
        await desk.end_call(call_id)
        return Response(status_code=204)


def _add_views(application: FastAPI, desk: Desk) -> None:
    @application.get("/profiles", summary="All SIP Profiles")
    async def list_profiles() -> list[ProfileShown]:
        return await desk.profiles()

    @application.get("/profiles/{sip_username}", summary="One SIP Profile with its bindings and channels")
    async def show_profile(sip_username: str) -> ProfileShown:
        return await desk.profile(sip_username)

    @application.get("/records", summary="Call records, oldest first")
    async def list_records(
        last: Annotated[int, Query(ge=1, le=100_000, description="how many")] = 1000,
        call_id: str | None = None,
    ) -> list[RecordShown]:
        return await desk.records(last, call_id)

    @application.get("/metrics", response_class=PlainTextResponse, summary="Metrics for Prometheus")
    async def metrics() -> Response:
        return Response(await desk.metrics(), media_type=PROMETHEUS_TEXT)

    @application.get("/healthz", summary="Whether the trunk works")
    async def health() -> Health:
        return await desk.health()
