"""Routes of invitations: the link is shown once, to who invites."""

from typing import Annotated

from fastapi import FastAPI, Path
from pydantic import Field

from reference_server.manager.actor import Role
from reference_server.manager.people.invitations import InvitationView, Invited
from reference_server.manager.people.people import People
from reference_server.rest.bearer import PeopleKeeper
from reference_server.rest.problem import problems
from reference_server.rest.wishes import PLAIN, Wish

Id = Annotated[int, Path(ge=1, lt=2**31, examples=[1])]


class InvitationWish(Wish):
    """Whom to invite."""

    role: Role
    note: Annotated[str, Field(max_length=200, pattern=PLAIN, examples=["for Ada in accounting"])] = ""


def add_invitations(api: FastAPI, people: People) -> None:
    """Adds the routes."""

    @api.get(
        "/invitations",
        tags=["invitations"],
        summary="Invitations that wait to be used",
        responses=problems(401, 403, 422),
    )
    async def list_invitations(_bearer: PeopleKeeper) -> list[InvitationView]:
        return people.invitations.list()

    @api.post(
        "/invitations",
        tags=["invitations"],
        status_code=201,
        summary="Invite somebody; the link is shown this once and is good for 7 days",
        responses=problems(401, 403, 415, 422),
    )
    async def invite(bearer: PeopleKeeper, wish: InvitationWish) -> Invited:
        return people.invitations.invite(bearer.actor, wish.role, wish.note)

    @api.delete(
        "/invitations/{id}",
        tags=["invitations"],
        status_code=204,
        summary="Make a link worthless",
        responses=problems(401, 403, 404, 422),
    )
    async def revoke(bearer: PeopleKeeper, id: Id) -> None:
        people.invitations.revoke(bearer.actor, id)
