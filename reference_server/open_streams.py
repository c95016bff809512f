"""Ends answers that would go on, such as server-sent events, when the server stops.

Around an ASGI application. An answer that is under way for other reasons is left to finish.
"""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

LAST: Message = {"type": "http.response.body", "body": b"", "more_body": False}


class OpenStreams:
    """Knows the answers that have begun and not ended."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application
        self._open: dict[asyncio.Task[object], bool] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, and its answer back."""
        task = asyncio.current_task()
        if task is None or scope["type"] != "http":
            await self._application(scope, receive, send)
            return

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_stream(message):
                self._open[task] = False
            await send(message)

        try:
            await self._application(scope, receive, noting)
        except asyncio.CancelledError:
            if not self._open.get(task, False):
                raise
            task.uncancel()
            await send(LAST)
        finally:
            self._open.pop(task, None)

    def end(self) -> None:
        """Ends those that are open."""
        for task in list(self._open):
            self._open[task] = True
            task.cancel()


def _is_stream(start: Message) -> bool:
    """Whether nobody knows how long an answer will be."""
    return all(name.lower() != b"content-length" for name, _ in start["headers"])
