"""How the REST API refuses: problem+json (RFC 9457) for services' problems, wrong requests, unknown routes.

`detail` says what was seen and what to write. What is refused is decided by the services and by the models of
the routes; here it only gets its shape, and the OpenAPI document its responses.
"""

import logging
from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import Match

from reference_server.manager.people.throttle import TooSoon
from reference_server.manager.problem import Problem
from reference_server.store.store_error import StoreError

MEDIA_TYPE = "application/problem+json"
PREFIX = "/api/v1/problems/"
"""Of `type`, a relative URI; the rest is the kind."""
LONGEST_SEEN = 60
"""Characters of a wrong value that are said back."""

_LOG = logging.getLogger(__name__)


class Mistake(BaseModel):
    """One wrong value of a request."""

    place: str = Field(examples=["body.amount"])
    detail: str = Field(examples=["seen '25,00'; write a point before the decimals"])


class ProblemDocument(BaseModel):
    """Why a request was refused (RFC 9457)."""

    type: str = Field(examples=[f"{PREFIX}manager-balance"])
    """Relative URI that names the kind of problem: compare this, the words may change."""
    title: str = Field(examples=["The Manager's balance is too small"])
    status: int = Field(examples=[402])
    detail: str = Field(examples=["seen 10.00 EUR, 39.00 EUR are needed; add a payment first"])
    """What was seen, and what to write or do instead."""
    field: str | None = None
    """The value that is wrong, where it is a single one."""
    errors: list[Mistake] | None = None
    """Each wrong value, where the request itself is wrong."""


TITLES = {
    400: "The request is incomplete",
    401: "No valid token",
    402: "There is not enough money",
    403: "Not allowed",
    404: "There is no such thing",
    405: "This can't be done here",
    409: "Something stands against it",
    411: "The length is missing",
    413: "The request is too large",
    415: "The body has another format",
    422: "The request is wrong",
    429: "Too many attempts",
    500: "The trunk made a mistake",
    503: "The database does not answer",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Refusals for the OpenAPI document of a route."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}
    return {status: {"description": TITLES[status], "content": content} for status in sorted(statuses)}


def refusal(
    status: int,
    kind: str,
    detail: str,
    *,
    title: str | None = None,
    field: str | None = None,
    errors: Iterable[Mistake] = (),
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """A response that refuses."""
    document = ProblemDocument(
        type=PREFIX + kind,
        title=title or TITLES.get(status, "The request was refused"),
        status=status,
        detail=detail,
        field=field,
        errors=list(errors) or None,
    )
    return JSONResponse(
        document.model_dump(exclude_none=True), status, media_type=MEDIA_TYPE, headers=headers
    )


def explain_problems(api: FastAPI) -> None:
    """Every refusal of `api` becomes problem+json."""

    @api.exception_handler(Problem)
    async def refused(_request: Request, error: Problem) -> JSONResponse:
        headers: dict[str, str] = {}
        if isinstance(error, TooSoon):
            headers["Retry-After"] = str(error.retry_after)
        if error.status == 401:
            headers["WWW-Authenticate"] = 'Bearer realm="Skype Manager"'
        return refusal(
            error.status, error.kind, error.detail, title=error.title, field=error.field, headers=headers
        )

    @api.exception_handler(RequestValidationError)
    async def wrong_request(_request: Request, error: RequestValidationError) -> JSONResponse:
        return _wrong_request(error)

    @api.exception_handler(HTTPException)
    async def not_routed(request: Request, error: HTTPException) -> JSONResponse:
        return _not_routed(api, request, error)

    @api.exception_handler(StoreError)
    async def no_database(_request: Request, error: StoreError) -> JSONResponse:
        return refusal(503, "database", f"{error}; try again when the database works")

    @api.exception_handler(Exception)
    async def mistake(request: Request, error: Exception) -> JSONResponse:
        _LOG.error("%s %s: %r", request.method, request.url.path, error)
        return refusal(500, "mistake", "the trunk made a mistake, which its log tells; nothing was done")


def _wrong_request(error: RequestValidationError) -> JSONResponse:
    mistakes = [_mistake(each) for each in error.errors()]
    if any(mistake.place == "header.Idempotency-Key" for mistake in mistakes):
        detail = (
            "this request moves money: write a header Idempotency-Key with 1 to 100 visible characters of "
            "your own, a new one for each movement and the same one when you try again"
        )
        return refusal(400, "idempotency-key", detail, field="Idempotency-Key")
    first = mistakes[0]
    return refusal(422, "wrong-request", f"{first.place}: {first.detail}", errors=mistakes)


def _not_routed(api: FastAPI, request: Request, error: HTTPException) -> JSONResponse:
    path = request.url.path
    if error.status_code == 405:
        allowed = sorted(_methods_of(api, request))
        detail = f"{request.method} can't be done to {path}; it takes {', '.join(allowed)}"
        return refusal(405, "method", detail, headers={"Allow": ", ".join(allowed)})
    if error.status_code == 404:
        return refusal(404, "no-route", f"there is no {path}; /api/v1/openapi.json lists what there is")
    return refusal(error.status_code, "refused", str(error.detail), headers=dict(error.headers or {}))


def _methods_of(api: FastAPI, request: Request) -> set[str]:
    """Methods of all routes that the path has: a route knows only its own."""
    methods: set[str] = set()
    for route in api.routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            methods |= set(getattr(route, "methods", None) or ())
    return methods


def _mistake(error: dict[str, Any]) -> Mistake:
    if error["type"] == "json_invalid":
        seen = f"not JSON: {error['ctx']['error']} at character {error['loc'][-1]}"
        return Mistake(place="body", detail=seen)
    place = ".".join(str(part) for part in error["loc"])
    return Mistake(place=place, detail=_sentence(error, place))


def _sentence(error: dict[str, Any], place: str) -> str:
    if error["type"] == "extra_forbidden":
        return "there is no such key; /api/v1/openapi.json lists them"
    if error["type"] == "missing":
        return "it is missing; write it"
    words = error["msg"].removeprefix("Value error, ")
    expected = f"{words[:1].lower()}{words[1:]}"
    secret = "password" in place or "secret" in place or "invitation" in place
    if secret or error["type"] == "value_error":  # who raised a ValueError has said what was seen
        return expected
    return f"seen {error.get('input')!r:.{LONGEST_SEEN}}; {expected}"
