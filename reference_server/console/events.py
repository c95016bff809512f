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
ASK_EVERY = 25
"""Looks between two questions whether who listens still may."""
MOST_LOOKS = 9000
"""After an hour the browser is to load the page again."""

Parts = Callable[[], Awaitable[Mapping[str, str]]]
"""Gives the HTML of the parts that are shown, by the id of their place."""
Going = Callable[[], bool]
"""Whether something is to come: asked at each look."""
Allowed = Callable[[], bool]
"""Whether who listens still may: asked now and then, for it costs a look into the database."""


def event_stream(
    request: Request, parts: Parts, allowed: Allowed, going: Going = lambda: True
) -> StreamingResponse:
    """Sends parts when they change, until nobody listens, or `allowed` or `going` says no."""
    return StreamingResponse(
        _events(request, parts, allowed, going),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


async def _events(request: Request, parts: Parts, allowed: Allowed, going: Going) -> AsyncIterator[str]:
    yield "retry: 2000\n\n"
    sent: dict[str, str] = {}
    silent = 0.0
    for look in range(MOST_LOOKS):
        if await request.is_disconnected() or (look % ASK_EVERY == 0 and not allowed()):
            break
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
    yield "event: end\ndata: {}\n\n"
