"""Server-sent events that bring parts of a page again when they changed (HTML Living Standard, section 9.2).

Which parts a page has is its own business; putting them in place is `static/console.js`.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import StreamingResponse

from reference_server.manager.problem import Problem

LOOK_EVERY = 0.4
"""Seconds between two looks at what is shown."""
SIGN_OF_LIFE_EVERY = 15.0
"""Seconds after which something is sent even if nothing changed."""
LONGEST = 3600.0
"""Seconds until a browser is asked to connect again, so that no stream outlives its session."""

Parts = Callable[[], Awaitable[Mapping[str, str]]]
"""Gives the HTML of the parts that are shown, by the id of their place."""
Going = Callable[[], bool]
"""Whether the stream goes on: the session lives, the call is not over."""


def event_stream(request: Request, parts: Parts, going: Going) -> StreamingResponse:
    """Sends parts when they change, until nobody listens or `going` says no."""
    return StreamingResponse(
        _events(request, parts, going), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )


async def _events(request: Request, parts: Parts, going: Going) -> AsyncIterator[str]:
    yield "retry: 2000\n\n"
    sent: dict[str, str] = {}
    silent, ends = 0.0, LONGEST
    while ends > 0 and not await request.is_disconnected():
        goes_on = going()
        try:
            shown = await parts()
        except Problem:
            break
        for place, html in shown.items():
            if sent.get(place) != html:
                sent[place], silent = html, 0.0
                yield f"event: part\ndata: {json.dumps({'id': place, 'html': html})}\n\n"
        if not goes_on:
            break
        if silent >= SIGN_OF_LIFE_EVERY:
            silent = 0.0
            yield ": still here\n\n"
        await asyncio.sleep(LOOK_EVERY)
        silent += LOOK_EVERY
        ends -= LOOK_EVERY
    yield "event: end\ndata: {}\n\n"
