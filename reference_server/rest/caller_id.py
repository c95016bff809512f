"""Routes of the caller ID of a profile, and of the landlines that may be one."""

from fastapi import FastAPI

from reference_server.manager.manager import Manager
from reference_server.manager.profile_view import ProfileView
from reference_server.rest.bearer import ProfileKeeper
from reference_server.rest.numbers import Number, NumberInPath
from reference_server.rest.problem import problems
from reference_server.rest.wishes import SipUsername, Wish


class CallerIdWish(Wish):
    """An Online Number of the profile, a verified landline, or null for the SIP username."""

    number: Number | None


def add_caller_id(api: FastAPI, manager: Manager) -> None:
    """Adds the routes."""

    @api.put(
        "/profiles/{sip_username}/caller-id",
        tags=["caller-id"],
        summary="What those who are called are shown",
        responses=problems(401, 403, 404, 409, 415, 422),
    )
    async def set_caller_id(
        bearer: ProfileKeeper, sip_username: SipUsername, wish: CallerIdWish
    ) -> ProfileView:
        return manager.profiles.set_caller_id(bearer.actor, sip_username, wish.number)

    @api.put(
        "/profiles/{sip_username}/landlines/{number}",
        tags=["caller-id"],
        summary="Mark a landline as verified",
        responses=problems(401, 403, 404, 409, 422),
    )
    async def verify(bearer: ProfileKeeper, sip_username: SipUsername, number: NumberInPath) -> ProfileView:
        return manager.profiles.verify_landline(bearer.actor, sip_username, number)

    @api.delete(
        "/profiles/{sip_username}/landlines/{number}",
        tags=["caller-id"],
        summary="Take the mark away; the caller ID too, when it was this one",
        responses=problems(401, 403, 404, 409, 422),
    )
    async def forget(bearer: ProfileKeeper, sip_username: SipUsername, number: NumberInPath) -> ProfileView:
        return manager.profiles.forget_landline(bearer.actor, sip_username, number)
