"""Routes that look at a request before FastAPI does: unknown query parameters, and bodies that are not JSON.

A misspelt filter that is passed over in silence would answer something else than what was asked.
"""

from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from reference_server.manager.problem import Problem

WRONG = "The request is wrong"


class StrictRoute(APIRoute):
    """A route with known query parameters; its body, if any, is JSON in UTF-8 (RFC 8259 section 8.1)."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, behind a look at the request. It raises `Problem` 415 or 422."""
        handler = super().get_route_handler()
        known = sorted(_query_names(self.dependant))
        takes_body = self.body_field is not None

        async def looked_at(request: Request) -> Response:
            _check_query(request, known)
            if takes_body:
                await _check_body(request)
            return await handler(request)

        return looked_at


def _query_names(dependant: Dependant) -> Iterator[str]:
    """Query parameters of a route and of what it depends on."""
    yield from (field.alias for field in dependant.query_params)
    for each in dependant.dependencies:
        yield from _query_names(each)


def _check_query(request: Request, known: list[str]) -> None:
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        takes = ", ".join(known) or "none"
        detail = f"query: there is no parameter {unknown[0][:60]!r}; this takes {takes}"
        raise Problem("wrong-request", 422, WRONG, detail)


async def _check_body(request: Request) -> None:
    given = request.headers.get("content-type", "")
    if given.partition(";")[0].strip().lower() != "application/json":
        detail = f"seen {given[:80]!r}; write the body as JSON, with Content-Type: application/json"
        raise Problem("not-json", 415, "The body has another format", detail)
    try:
        (await request.body()).decode()
    except UnicodeDecodeError as error:
        detail = f"byte {error.start} of the body is not UTF-8; write JSON in UTF-8"
        raise Problem("wrong-request", 422, WRONG, detail) from None
