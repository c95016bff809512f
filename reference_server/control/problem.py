"""How the control API says that it refuses: one sentence, in the manner of RFC 9457.

Which request is refused is decided by `models` and `application`.
"""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException


class Problem(BaseModel):
    """Why a request was refused."""

    status: int
    """The HTTP status again."""
    detail: str
    """One sentence: where, what was seen, what is expected."""


PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": words}
    for status, words in ((404, "There is no such thing"), (422, "The request is wrong"))
}
"""For the OpenAPI document of every route."""


def explain_problems(application: FastAPI) -> None:
    """Every refusal of `application` becomes a `Problem`."""

    @application.exception_handler(RequestValidationError)
    async def wrong_request(_request: Request, error: RequestValidationError) -> JSONResponse:
        return _answer(422, _sentence(error.errors()[0]))

    @application.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> JSONResponse:
        words = {404: f"there is no {request.url.path}; /openapi.json lists what there is"}
        words[405] = f"{request.method} can't be done to {request.url.path}; /openapi.json lists what can"
        plain = error.detail in ("Not Found", "Method Not Allowed")
        return _answer(error.status_code, words.get(error.status_code, "") if plain else str(error.detail))


def _answer(status: int, detail: str) -> JSONResponse:
    return JSONResponse(Problem(status=status, detail=detail).model_dump(), status)


def _sentence(error: dict[str, Any]) -> str:
    if error["type"] == "json_invalid":
        return f"the body is not JSON: {error['ctx']['error']} at character {error['loc'][-1]}"
    place = ".".join(str(part) for part in error["loc"][1:]) or "the body"
    if error["type"] == "extra_forbidden":
        return f"{place}: there is no such key; /openapi.json lists them"
    expected = f"{error['msg'][:1].lower()}{error['msg'][1:]}"
    return f"{place}: seen {error.get('input')!r:.60}; {expected}"
