"""The route of live events: each call as it begins, is answered and ends, sent as it happens.

Server-sent events (HTML Living Standard, section 9.2). The console's Live page has a stream of its own, of
HTML (`console.events`).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any

from fastapi import FastAPI, Query
from fastapi.responses import StreamingResponse

from reference_server.control.models import CallShown
from reference_server.manager.calls import Calls
from reference_server.manager.manager import Manager
from reference_server.rest.bearer import Reader
from reference_server.rest.problem import problems

MEDIA_TYPE = "text/event-stream"
LOOK_EVERY = 0.25
"""Seconds between two looks at the calls."""
SIGN_OF_LIFE_EVERY = 60
"""Looks without news after which a comment is sent, so that nobody between gives the connection up."""
LONGEST = 3600
"""Seconds of a stream; who wants more connects again, and shows the token again."""
RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events `call`, each with a call as JSON",
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
    },
    **problems(401, 403, 422),
}


def add_events(api: FastAPI, manager: Manager) -> None:
    """Adds the route."""

    @api.get(
        "/events",
        tags=["events"],
        summary="Calls that run, then each one as it begins, is answered and ends",
        response_class=StreamingResponse,
        responses=RESPONSES,
    )
    async def events(
        _bearer: Reader,
        seconds: Annotated[
            int, Query(ge=0, le=LONGEST, description="How long; 0 tells only what runs now.", examples=[0])
        ] = LONGEST,
    ) -> StreamingResponse:
        return StreamingResponse(
            call_events(manager.calls, round(seconds / LOOK_EVERY)), media_type=MEDIA_TYPE
        )


async def call_events(
    calls: Calls, looks: int, pause: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> AsyncIterator[str]:
    """The calls that run, then news of so many further looks, with a `pause` in seconds before each."""
    told: dict[str, tuple[object, ...]] = {}
    for call in await calls.recent():
        told[call.id] = _news(call)
        if call.state != "ended":
            yield _event(call)
    silent = 0
    for _ in range(looks):
        await pause(LOOK_EVERY)
        shown, silent = await calls.recent(), silent + 1
        for call in shown:
            if told.get(call.id) != _news(call):
                silent = 0
                yield _event(call)
        told = {call.id: _news(call) for call in shown}
        if silent >= SIGN_OF_LIFE_EVERY:
            silent = 0
            yield ": still here\n\n"


def _news(call: CallShown) -> tuple[object, ...]:
    """What is worth an event; figures of its media are not."""
    return call.state, call.status, call.cause


def _event(call: CallShown) -> str:
    return f"event: call\ndata: {call.model_dump_json()}\n\n"
