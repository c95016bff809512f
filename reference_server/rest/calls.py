"""Routes of calls that run now, and of test calls to a profile."""

from typing import Annotated

from fastapi import FastAPI, Path, Response
from pydantic import Field

from reference_server.control.models import CallShown
from reference_server.manager.call_outcome import TestCallOutcome
from reference_server.manager.manager import Manager
from reference_server.rest.accounts import AccountName
from reference_server.rest.bearer import Caller, Reader
from reference_server.rest.numbers import Number
from reference_server.rest.problem import problems
from reference_server.rest.wishes import PLAIN, SipUsername, Wish

CallId = Annotated[str, Path(max_length=200, pattern=PLAIN, examples=["5f0c2a"])]


class TestCallWish(Wish):
    """What the caller dials: an Online Number or a business account of the profile, or neither for itself."""

    __test__ = False  # for pytest: not a class of tests

    number: Number | None = None
    account: Annotated[AccountName | None, Field(examples=["sales.example"])] = None


def add_calls(api: FastAPI, manager: Manager) -> None:
    """Adds the routes."""
    _add_live(api, manager)
    _add_test_calls(api, manager)


def _add_live(api: FastAPI, manager: Manager) -> None:
    @api.get("/calls", tags=["calls"], summary="Calls that run now", responses=problems(401, 403, 422))
    async def now(_bearer: Reader) -> list[CallShown]:
        return await manager.calls.now()

    @api.get(
        "/recent-calls",
        tags=["calls"],
        summary="Calls that run, and those that ended lately",
        responses=problems(401, 403, 422),
    )
    async def recent(_bearer: Reader) -> list[CallShown]:
        return await manager.calls.recent()

    @api.delete(
        "/calls/{call_id}",
        tags=["calls"],
        status_code=204,
        summary="End a call",
        responses=problems(401, 403, 404, 409, 422),
    )
    async def end(bearer: Caller, call_id: CallId) -> None:
        await manager.calls.end(bearer.actor, call_id)


def _add_test_calls(api: FastAPI, manager: Manager) -> None:
    @api.post(
        "/profiles/{sip_username}/test-calls",
        tags=["calls"],
        status_code=201,
        summary="Call the profile as somebody from outside would",
        responses=problems(401, 403, 404, 409, 415, 422),
    )
    async def place(
        bearer: Caller, sip_username: SipUsername, wish: TestCallWish, response: Response
    ) -> TestCallOutcome:
        outcome = await manager.calls.place_test_call(bearer.actor, sip_username, wish.number, wish.account)
        response.headers["Location"] = f"/api/v1/test-calls/{outcome.id}"
        return outcome

    @api.get(
        "/test-calls/{call_id}",
        tags=["calls"],
        summary="How a test call goes",
        responses=problems(401, 403, 404, 422),
    )
    async def show(_bearer: Reader, call_id: CallId) -> TestCallOutcome:
        return await manager.calls.test_call(call_id)
