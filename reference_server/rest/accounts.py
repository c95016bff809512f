"""Routes of business accounts: search, create, attach to a profile with an extension number, detach."""

from typing import Annotated

from fastapi import FastAPI, Path, Query, Request, Response
from pydantic import Field

from reference_server.manager.account_view import AccountView
from reference_server.manager.manager import Manager
from reference_server.rest.bearer import AccountKeeper, Reader
from reference_server.rest.page import After, Limit, Page, page_after
from reference_server.rest.problem import problems
from reference_server.rest.wishes import PLAIN, SipUsername, Wish

NAME = r"^[A-Za-z][A-Za-z0-9._,-]{0,63}$"
AccountName = Annotated[str, Field(pattern=NAME, examples=["sales.example"])]
AccountInPath = Annotated[str, Path(max_length=200, pattern=PLAIN, examples=["sales.example"])]
Extension = Annotated[str, Field(pattern=r"^[0-9]{1,16}$", examples=["200"])]
AccountPassword = Annotated[str, Field(min_length=1, max_length=200, examples=["a long password 1"])]


class AccountWish(Wish):
    """A new business account."""

    name: AccountName
    display: Annotated[str, Field(max_length=200, pattern=PLAIN, examples=["Sales"])] = ""
    password: AccountPassword


class AttachmentWish(Wish):
    """The profile that calls to the account are forwarded to."""

    sip_username: SipUsername
    extension: Extension | None = None


class ExtensionWish(Wish):
    """The extension number; null: calls carry the SIP username."""

    extension: Extension | None


class PasswordWish(Wish):
    """Another password."""

    password: AccountPassword


def add_accounts(api: FastAPI, manager: Manager) -> None:
    """Adds the routes."""
    _add_list(api, manager)
    _add_one(api, manager)
    _add_attachment(api, manager)


def _add_list(api: FastAPI, manager: Manager) -> None:
    @api.get(
        "/accounts", tags=["accounts"], summary="All business accounts", responses=problems(401, 403, 422)
    )
    async def list_accounts(
        request: Request, _bearer: Reader, limit: Limit = 100, after: After = None
    ) -> Page[AccountView]:
        return page_after(request, manager.accounts.all(), lambda each: each.name, after, limit)

    @api.get(
        "/account-search",
        tags=["accounts"],
        summary="Accounts whose name has a text in it, those that begin with it first",
        responses=problems(401, 403, 422),
    )
    async def search(
        _bearer: Reader,
        text: Annotated[str, Query(min_length=1, max_length=100, pattern=PLAIN, examples=["sal"])],
        limit: Annotated[int, Query(ge=1, le=100)] = 10,
    ) -> list[AccountView]:
        return manager.accounts.search(text, limit)

    @api.post(
        "/accounts",
        tags=["accounts"],
        status_code=201,
        summary="Create a new account",
        responses=problems(401, 403, 409, 415, 422),
    )
    async def create(bearer: AccountKeeper, wish: AccountWish, response: Response) -> AccountView:
        made = manager.accounts.create(bearer.actor, wish.name, wish.display, wish.password)
        response.headers["Location"] = f"/api/v1/accounts/{made.name}"
        return made


def _add_one(api: FastAPI, manager: Manager) -> None:
    @api.get(
        "/accounts/{name}",
        tags=["accounts"],
        summary="One business account",
        responses=problems(401, 403, 404, 422),
    )
    async def show(_bearer: Reader, name: AccountInPath) -> AccountView:
        return manager.accounts.get(name)

    @api.delete(
        "/accounts/{name}",
        tags=["accounts"],
        status_code=204,
        summary="Delete an account that is attached to no profile",
        responses=problems(401, 403, 404, 409, 422),
    )
    async def remove(bearer: AccountKeeper, name: AccountInPath) -> None:
        manager.accounts.remove(bearer.actor, name)

    @api.put(
        "/accounts/{name}/password",
        tags=["accounts"],
        summary="Another password for the account",
        responses=problems(401, 403, 404, 409, 415, 422),
    )
    async def set_password(bearer: AccountKeeper, name: AccountInPath, wish: PasswordWish) -> AccountView:
        return manager.accounts.set_password(bearer.actor, name, wish.password)


def _add_attachment(api: FastAPI, manager: Manager) -> None:
    @api.put(
        "/accounts/{name}/attachment",
        tags=["accounts"],
        summary="Forward calls to the account to a profile; the account cannot sign in from now on",
        responses=problems(401, 403, 404, 409, 415, 422),
    )
    async def attach(bearer: AccountKeeper, name: AccountInPath, wish: AttachmentWish) -> AccountView:
        return manager.accounts.attach(bearer.actor, wish.sip_username, name, wish.extension)

    @api.delete(
        "/accounts/{name}/attachment",
        tags=["accounts"],
        summary="Take the account from its profile: it may sign in again",
        responses=problems(401, 403, 404, 409, 422),
    )
    async def detach(bearer: AccountKeeper, name: AccountInPath) -> AccountView:
        return manager.accounts.detach(bearer.actor, name)

    @api.put(
        "/accounts/{name}/extension",
        tags=["accounts"],
        summary="Change the extension number of an attached account",
        responses=problems(401, 403, 404, 409, 415, 422),
    )
    async def set_extension(bearer: AccountKeeper, name: AccountInPath, wish: ExtensionWish) -> AccountView:
        return manager.accounts.set_extension(bearer.actor, name, wish.extension)
