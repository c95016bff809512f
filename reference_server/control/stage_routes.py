"""The routes of the stage: directions for a profile, the trace, single requests and steps in calls.

Only a trunk that is observed (`--observe`) has them; the other routes are `application`'s.
"""

import base64
from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import FastAPI, HTTPException, Query, Response
from pydantic import BaseModel

from reference_server.control.problem import PROBLEMS, Problem
from reference_server.profile import Profile
from reference_server.stage.directions import StageDirections
from reference_server.stage.requests import (
    NobodyThere,
    StagedRequest,
    StagedStep,
    send_request,
    take_step,
)
from reference_server.stage.stage import Observed, Stage
from reference_server.trunk import Trunk

NOBODY = 409
MOST_PACKETS = 20_000


class StageDesk:
    """What the routes work with."""

    def __init__(
        self, stage: Stage, trunk: Trunk, clock: Callable[[], float], pump: Callable[[], None]
    ) -> None:
        """`pump` lets the driver send what the core wants to send."""
        self.stage = stage
        self.trunk = trunk
        self.clock = clock
        self.pump = pump

    def profile(self, sip_username: str) -> Profile:
        """The profile, or 404."""
        profile = self.stage.profile(sip_username)
        if profile is None:
            raise HTTPException(404, f"no profile has the SIP username {sip_username}")
        return profile


class PacketShown(BaseModel):
    """A packet of the trace."""

    number: int
    time: float
    """Seconds since the epoch."""
    kind: Literal["sip", "rtp"]
    profile: str
    source: str
    """TRANSPORT:HOST:PORT"""
    destination: str
    data: str
    """The bytes in base64."""

    @classmethod
    def of(cls, observed: Observed) -> "PacketShown":
        """A packet as it passed."""
        packet = observed.packet
        return cls(
            number=observed.number,
            time=observed.time,
            kind=observed.kind,
            profile=observed.profile,
            source=str(packet.source),
            destination=str(packet.destination),
            data=base64.b64encode(packet.data).decode(),
        )


class TraceShown(BaseModel):
    """A part of the trace."""

    packets: list[PacketShown]
    next: int
    """The number to give as `since` for what follows."""


class RequestSent(BaseModel):
    """A request that went to the PBX."""

    call_id: str
    """Its answer is found by it in the trace; empty for bytes."""


def add_stage(application: FastAPI, desk: StageDesk) -> None:
    """Adds the routes."""
    _add_directions(application, desk)
    _add_orders(application, desk)


def _add_directions(application: FastAPI, desk: StageDesk) -> None:
    @application.get("/profiles/{sip_username}/stage", summary="What the trunk is to do to a profile")
    async def show_stage(sip_username: str) -> StageDirections:
        return desk.stage.directions(desk.profile(sip_username).username)

    @application.put("/profiles/{sip_username}/stage", summary="Direct what the trunk does to a profile")
    async def direct(sip_username: str, directions: StageDirections) -> StageDirections:
        desk.stage.direct(desk.profile(sip_username).username, directions)
        return directions

    @application.get("/trace", summary="What passed between the trunk and its PBXs")
    async def trace(
        since: Annotated[int, Query(ge=0, description="a packet's number")] = 0,
        profile: str | None = None,
        kind: Literal["sip", "rtp", ""] = "sip",
        most: Annotated[int, Query(ge=1, le=MOST_PACKETS)] = 5_000,
    ) -> TraceShown:
        packets, following = desk.stage.trace(since, profile, kind or None, most)
        return TraceShown(packets=[PacketShown.of(one) for one in packets], next=following)


def _add_orders(application: FastAPI, desk: StageDesk) -> None:
    responses = {**PROBLEMS, NOBODY: {"model": Problem, "description": "There is nobody to send to"}}

    @application.post(
        "/profiles/{sip_username}/requests",
        status_code=201,
        responses=responses,
        summary="Send a request outside calls, or bytes, to the PBX of a profile",
    )
    async def send(sip_username: str, wanted: StagedRequest) -> RequestSent:
        try:
            call_id = send_request(desk.trunk, desk.profile(sip_username), wanted, desk.clock())
        except NobodyThere as error:
            raise HTTPException(NOBODY, str(error)) from None
        desk.pump()
        return RequestSent(call_id=call_id)

    @application.post(
        "/calls/{call_id}/steps", status_code=204, responses=responses, summary="Do something in a call"
    )
    async def step(call_id: str, wanted: StagedStep) -> Response:
        live = desk.trunk.parts.calls.named(call_id)
        if live is None:
            raise HTTPException(404, f"no call has the id {call_id}")
        try:
            take_step(desk.trunk, live, wanted, desk.clock())
        except NobodyThere as error:
            raise HTTPException(NOBODY, str(error)) from None
        desk.pump()
        return Response(status_code=204)
