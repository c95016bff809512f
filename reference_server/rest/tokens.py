"""Routes of tokens: the secret is shown once, to who makes it; no token gives what it hasn't got."""

from typing import Annotated

from fastapi import FastAPI
from pydantic import Field

from reference_server.manager.people.people import People
from reference_server.manager.people.tokens import MadeToken, Scope, TokenView
from reference_server.manager.problem import Problem
from reference_server.rest.bearer import PeopleKeeper
from reference_server.rest.invitations import Id
from reference_server.rest.problem import problems
from reference_server.rest.wishes import PLAIN, Wish

DAY = 86_400.0


class TokenWish(Wish):
    """A new token."""

    name: Annotated[str, Field(min_length=1, max_length=64, pattern=PLAIN, examples=["billing"])]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=20, examples=[["read", "money"]])]
    days: Annotated[int | None, Field(ge=1, le=3650, examples=[90])] = None
    """How long it is good; null: until revoked."""


def add_tokens(api: FastAPI, people: People) -> None:
    """Adds the routes."""

    @api.get(
        "/tokens", tags=["tokens"], summary="All tokens, without secrets", responses=problems(401, 403, 422)
    )
    async def list_tokens(_bearer: PeopleKeeper) -> list[TokenView]:
        return people.tokens.list()

    @api.post(
        "/tokens",
        tags=["tokens"],
        status_code=201,
        summary="Make a token; its secret is shown this once",
        responses=problems(401, 403, 415, 422),
    )
    async def make(bearer: PeopleKeeper, wish: TokenWish) -> MadeToken:
        more = [scope for scope in wish.scopes if scope not in bearer.scopes]
        if more:
            detail = f"seen the scope {more[0]}, which the token that asks has not; leave it out"
            raise Problem("more-than-own", 403, "The token would have more rights", detail, "scopes")
        lifetime = None if wish.days is None else wish.days * DAY
        owned = people.administrators.named(bearer.actor.name) is not None
        return people.tokens.make(bearer.actor, wish.name, wish.scopes, lifetime, owned=owned)

    @api.delete(
        "/tokens/{id}",
        tags=["tokens"],
        status_code=204,
        summary="Make a token worthless",
        responses=problems(401, 403, 404, 422),
    )
    async def revoke(bearer: PeopleKeeper, id: Id) -> None:
        people.tokens.revoke(bearer.actor, id)
