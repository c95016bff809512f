"""Routes of SIP Profiles: set up, rename, remove, and their registration details.

Subscriptions, credit, caller ID and test calls of a profile have files of their own.
"""

from typing import Annotated, Literal

from fastapi import FastAPI, Request, Response
from pydantic import Field

from reference_server.manager.manager import Manager
from reference_server.manager.profile_view import PasswordShown, ProfileView, RegistrationDetails
from reference_server.rest.bearer import ProfileKeeper, Reader
from reference_server.rest.page import After, Limit, Page, page_after
from reference_server.rest.problem import problems
from reference_server.rest.wishes import SipUsername, Wish

ProfileName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        pattern=r"^[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*$",
        examples=["Head office"],
    ),
]


class NameWish(Wish):
    """A profile's name."""

    name: ProfileName


class OwnPassword(Wish):
    """The password of the administrator who asks."""

    own_password: Annotated[str, Field(max_length=200, examples=["correct horse battery staple"])]


class RegistrationWish(Wish):
    """The PBX registers with SIP user and password."""

    auth: Literal["registration"]


class AddressWish(Wish):
    """The PBX is known by its public address."""

    auth: Literal["ip"]
    address: Annotated[str, Field(max_length=45, examples=["203.0.113.7"])]
    port: Annotated[int, Field(ge=1, le=65535, examples=[5060])] = 5060


AuthenticationWish = Annotated[RegistrationWish | AddressWish, Field(discriminator="auth")]


def add_profiles(api: FastAPI, manager: Manager) -> None:
    """Adds the routes."""
    _add_list(api, manager)
    _add_one(api, manager)
    _add_registration(api, manager)
    _add_password(api, manager)


def _add_list(api: FastAPI, manager: Manager) -> None:
    @api.get("/profiles", tags=["profiles"], summary="All SIP Profiles", responses=problems(401, 403, 422))
    async def list_profiles(
        request: Request, _bearer: Reader, limit: Limit = 100, after: After = None
    ) -> Page[ProfileView]:
        return page_after(request, manager.profiles.all(), lambda each: each.sip_username, after, limit)

    @api.post(
        "/profiles",
        tags=["profiles"],
        status_code=201,
        summary="Set up a SIP Profile",
        responses=problems(401, 403, 415, 422),
    )
    async def set_up(bearer: ProfileKeeper, wish: NameWish, response: Response) -> ProfileView:
        made = manager.profiles.set_up(bearer.actor, wish.name)
        response.headers["Location"] = f"/api/v1/profiles/{made.sip_username}"
        return made


def _add_one(api: FastAPI, manager: Manager) -> None:
    @api.get(
        "/profiles/{sip_username}",
        tags=["profiles"],
        summary="One SIP Profile",
        responses=problems(401, 403, 404, 422),
    )
    async def show_profile(_bearer: Reader, sip_username: SipUsername) -> ProfileView:
        return manager.profiles.get(sip_username)

    @api.patch(
        "/profiles/{sip_username}",
        tags=["profiles"],
        summary="Rename a SIP Profile",
        responses=problems(401, 403, 404, 409, 415, 422),
    )
    async def rename(bearer: ProfileKeeper, sip_username: SipUsername, wish: NameWish) -> ProfileView:
        return manager.profiles.rename(bearer.actor, sip_username, wish.name)

    @api.delete(
        "/profiles/{sip_username}",
        tags=["profiles"],
        status_code=204,
        summary="Remove a SIP Profile; its credit goes back to the Manager's balance",
        responses=problems(401, 403, 404, 409, 422),
    )
    async def remove(bearer: ProfileKeeper, sip_username: SipUsername) -> None:
        manager.profiles.remove(bearer.actor, sip_username)


def _add_registration(api: FastAPI, manager: Manager) -> None:
    place = "/profiles/{sip_username}"

    @api.get(
        f"{place}/registration-details",
        tags=["profiles"],
        summary="SIP user, address and UDP port for the PBX",
        responses=problems(401, 403, 404, 422),
    )
    async def registration_details(_bearer: Reader, sip_username: SipUsername) -> RegistrationDetails:
        return manager.profiles.registration_details(sip_username)

    @api.put(
        f"{place}/authentication",
        tags=["profiles"],
        summary="By registration, or by the IP address of the PBX",
        responses=problems(401, 403, 404, 409, 415, 422),
    )
    async def set_authentication(
        bearer: ProfileKeeper, sip_username: SipUsername, wish: AuthenticationWish
    ) -> ProfileView:
        if isinstance(wish, AddressWish):
            return manager.profiles.set_ip_authentication(bearer.actor, sip_username, wish.address, wish.port)
        return manager.profiles.set_registration(bearer.actor, sip_username)


def _add_password(api: FastAPI, manager: Manager) -> None:
    place = "/profiles/{sip_username}/password"

    @api.post(
        f"{place}/first",
        tags=["profiles"],
        summary="The SIP password, once after the first purchase",
        responses=problems(401, 403, 404, 409, 422),
    )
    async def first_password(bearer: ProfileKeeper, sip_username: SipUsername) -> PasswordShown:
        return manager.profiles.first_password(bearer.actor, sip_username)

    @api.post(
        f"{place}/reveal",
        tags=["profiles"],
        summary="The SIP password again, to who gives their own one; written to the audit log",
        responses=problems(401, 403, 404, 409, 415, 422, 429),
    )
    async def reveal_password(
        bearer: ProfileKeeper, sip_username: SipUsername, wish: OwnPassword
    ) -> PasswordShown:
        return await manager.profiles.reveal_password(bearer.actor, sip_username, wish.own_password)

    @api.post(
        f"{place}/regenerate",
        tags=["profiles"],
        summary="Another SIP password; the old one is refused from now on",
        responses=problems(401, 403, 404, 409, 422),
    )
    async def regenerate_password(bearer: ProfileKeeper, sip_username: SipUsername) -> PasswordShown:
        return manager.profiles.regenerate_password(bearer.actor, sip_username)
