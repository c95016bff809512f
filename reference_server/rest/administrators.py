"""Routes of administrators and viewers: who there is, roles, and accounts made with an invitation."""

from typing import Annotated

from fastapi import FastAPI, Path, Request
from pydantic import BaseModel, Field

from reference_server.manager.actor import Role
from reference_server.manager.people.administrators import AdministratorView
from reference_server.manager.people.people import People
from reference_server.manager.people.tokens import Scope
from reference_server.rest.bearer import PeopleKeeper, Reader
from reference_server.rest.page import After, Limit, Page, page_after
from reference_server.rest.problem import problems
from reference_server.rest.wishes import PLAIN, Wish

NameInPath = Annotated[str, Path(max_length=64, pattern=PLAIN, examples=["ada"])]


class AcceptanceWish(Wish):
    """An account with the one-time link of an invitation."""

    invitation: Annotated[
        str, Field(max_length=200, examples=["Zk3nq8o0b4TnQ3V4hWm1sPqGmXy2c7eD5uTfRk9aLwE"])
    ]
    """The last part of the link."""
    name: Annotated[str, Field(max_length=200, examples=["ada"])]
    password: Annotated[str, Field(max_length=1000, examples=["correct horse battery staple"])]


class RoleWish(Wish):
    """Another role."""

    role: Role


class Myself(BaseModel):
    """Whom the token acts for, and what it may do."""

    name: str
    role: Role
    scopes: list[Scope]


def add_administrators(api: FastAPI, people: People) -> None:
    """Adds the routes."""
    _add_oneself(api, people)
    _add_all(api, people)


def _add_oneself(api: FastAPI, people: People) -> None:
    @api.get(
        "/me",
        tags=["administrators"],
        summary="Whom the token acts for, and its scopes",
        responses=problems(401, 403, 422),
    )
    async def me(bearer: Reader) -> Myself:
        return Myself(name=bearer.actor.name, role=bearer.actor.role, scopes=sorted(bearer.scopes))

    @api.post(
        "/administrators",
        tags=["administrators"],
        status_code=201,
        summary="Make an account with the one-time link of an invitation; needs no token",
        responses=problems(404, 409, 415, 422),
    )
    async def accept(request: Request, wish: AcceptanceWish) -> AdministratorView:
        address = "" if request.client is None else request.client.host
        return await people.invitations.accept(wish.invitation, wish.name, wish.password, address)


def _add_all(api: FastAPI, people: People) -> None:
    @api.get(
        "/administrators",
        tags=["administrators"],
        summary="Administrators and viewers",
        responses=problems(401, 403, 422),
    )
    async def list_administrators(
        request: Request, _bearer: PeopleKeeper, limit: Limit = 100, after: After = None
    ) -> Page[AdministratorView]:
        return page_after(request, people.administrators.list(), lambda each: each.name, after, limit)

    @api.patch(
        "/administrators/{name}",
        tags=["administrators"],
        summary="Change a role",
        responses=problems(401, 403, 404, 409, 415, 422),
    )
    async def change_role(bearer: PeopleKeeper, name: NameInPath, wish: RoleWish) -> AdministratorView:
        return people.administrators.change_role(bearer.actor, name, wish.role)

    @api.delete(
        "/administrators/{name}",
        tags=["administrators"],
        status_code=204,
        summary="Remove somebody, with sessions and tokens",
        responses=problems(401, 403, 404, 409, 422),
    )
    async def remove(bearer: PeopleKeeper, name: NameInPath) -> None:
        people.administrators.remove(bearer.actor, name)
