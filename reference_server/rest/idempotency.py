"""Requests that move money are done once: `Idempotency-Key` names one, and again it gets the same answer.

Required on such routes (400 without); a key that came with something else before is refused (422). Only
answers of success are remembered: what was refused moved nothing and may be tried again. The key goes on to
the ledger, so that a request whose answer was lost in a crash moves nothing twice either.
"""

import hashlib
import json
from collections.abc import Callable
from typing import Annotated

from fastapi import Header, Request, Response
from pydantic import BaseModel

from reference_server.manager.people.tokens import Bearer
from reference_server.manager.problem import Problem
from reference_server.store import idempotent_rows
from reference_server.store.database import Database
from reference_server.store.idempotent_rows import AnswerRow

REMEMBERED = 30 * 86_400.0
"""Seconds that an answer is remembered; the ledger's key has no end."""
REPLAYED = {"Idempotency-Replayed": "true"}

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[!-~]{1,100}$",
        description="Your own name for this movement; the same again moves nothing twice.",
        examples=["order-2024-11-07-0001"],
    ),
]


class Answers:
    """The answers that were given to keys."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    async def once(
        self,
        request: Request,
        bearer: Bearer,
        key: str,
        act: Callable[[str], BaseModel | None],
        status: int = 200,
    ) -> Response:
        """Does `act` with the ledger's key, or answers as before. Raises `Problem` 422."""
        actor, seen = f"token {bearer.id}", await _fingerprint(request)
        with self._database.read() as connection:
            before = idempotent_rows.answer_to(connection, actor, key)
        if before is not None:
            if before.fingerprint != seen:
                detail = f"seen {key!r} with another request before; write a new key for a new movement"
                raise Problem("key-used", 422, "The key is used", detail, "Idempotency-Key")
            return _response(before, REPLAYED)
        result = act(f"rest:{bearer.id}:{key}")
        answer = AnswerRow(seen, status, "" if result is None else result.model_dump_json())
        now = self._clock()
        with self._database.begin() as connection:
            idempotent_rows.forget(connection, now - REMEMBERED)
            idempotent_rows.keep(connection, actor, key, now, answer)
        return _response(answer, {})


async def _fingerprint(request: Request) -> str:
    """Method, path and body, the body without its white space and order of keys."""
    body = await request.body()
    canonical = json.dumps(json.loads(body), sort_keys=True) if body else ""
    return hashlib.sha256(f"{request.method} {request.url.path}\n{canonical}".encode()).hexdigest()


def _response(answer: AnswerRow, headers: dict[str, str]) -> Response:
    return Response(answer.body, answer.status, headers, "application/json" if answer.body else None)
