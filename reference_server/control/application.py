"""The routes of the control API: place, list and end calls, look at profiles and records, scrape metrics.

Runs in the same loop as the trunk and calls its core directly; what goes in and out is `models`.
"""

from collections.abc import Callable
from typing import Annotated

from fastapi import FastAPI, HTTPException, Query, Response
from fastapi.responses import PlainTextResponse

from reference_server.control.models import (
    CallOrder,
    CallShown,
    Health,
    ProfileShown,
    RecordShown,
)
from reference_server.control.problem import PROBLEMS, explain_problems
from reference_server.inbound import UnknownCallee
from reference_server.live_call import LiveCall
from reference_server.metrics import Metrics
from reference_server.profile import Profile
from reference_server.store.store import Store
from reference_server.trunk import Trunk

PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8"


class ControlDesk:
    """What the routes work with."""

    def __init__(
        self,
        trunk: Trunk,
        store: Store,
        metrics: Metrics,
        clock: Callable[[], float],
        pump: Callable[[], None],
    ) -> None:
        """`pump` lets the driver send what the core wants to send."""
        self.trunk = trunk
        self.store = store
        self.metrics = metrics
        self.clock = clock
        self.pump = pump

    def call(self, call_id: str) -> LiveCall:
        """The call with this id, or 404."""
        live = self.trunk.parts.calls.named(call_id)
        if live is None:
            raise HTTPException(404, f"no call has the id {call_id}")
        return live

    def profile(self, profile: Profile) -> ProfileShown:
        """A profile with its bindings and channels."""
        parts, now = self.trunk.parts, self.clock()
        bindings = parts.registrar.bindings(profile, now)
        return ProfileShown.of(profile, bindings, parts.channels.used(profile), now)


def make_application(desk: ControlDesk) -> FastAPI:
    """The ASGI application."""
    application = FastAPI(
        title="Reference trunk",
        description="Places calls towards PBXs and shows what the trunk does.",
        responses=PROBLEMS,
    )
    explain_problems(application)
    _add_calls(application, desk)
    _add_views(application, desk)
    return application


def _add_calls(application: FastAPI, desk: ControlDesk) -> None:
    @application.post("/calls", status_code=201, summary="Place a call towards a PBX")
    async def place_call(order: CallOrder) -> CallShown:
        try:
            live = desk.trunk.place_call(order.order(), desk.clock())
        except UnknownCallee as error:
            raise HTTPException(404, str(error)) from None
        desk.pump()
        return CallShown.of(live)

    @application.get("/calls", summary="Calls that live, and those that ended lately")
    async def list_calls() -> list[CallShown]:
        return [CallShown.of(live) for live in desk.trunk.parts.calls.shown()]

    @application.get("/calls/{call_id}", summary="One call")
    async def show_call(call_id: str) -> CallShown:
        return CallShown.of(desk.call(call_id))

    @application.delete("/calls/{call_id}", status_code=204, summary="End a call")
    async def end_call(call_id: str) -> Response:
        desk.trunk.hang_up(desk.call(call_id), desk.clock())
        desk.pump()
        return Response(status_code=204)


def _add_views(application: FastAPI, desk: ControlDesk) -> None:
    @application.get("/profiles", summary="All SIP Profiles")
    async def list_profiles() -> list[ProfileShown]:
        return [desk.profile(profile) for profile in desk.trunk.parts.profiles.all()]

    @application.get("/profiles/{sip_username}", summary="One SIP Profile with its bindings and channels")
    async def show_profile(sip_username: str) -> ProfileShown:
        profile = desk.trunk.parts.profiles.named(sip_username)
        if profile is None:
            raise HTTPException(404, f"no profile has the SIP username {sip_username}")
        return desk.profile(profile)

    @application.get("/records", summary="Call records, oldest first")
    async def list_records(
        last: Annotated[int, Query(ge=1, le=100_000, description="how many")] = 1000,
        call_id: str | None = None,
    ) -> list[RecordShown]:
        return [RecordShown.of(row) for row in desk.store.records(last, call_id)]

    @application.get("/metrics", response_class=PlainTextResponse, summary="Metrics for Prometheus")
    async def metrics() -> Response:
        return Response(desk.metrics.text(), media_type=PROMETHEUS_TEXT)

    @application.get("/healthz", summary="Whether the trunk works")
    async def health() -> Health:
        return Health(status="ok", calls=desk.trunk.parts.calls.count)
