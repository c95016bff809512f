"""Routes of the history of balances: movements of the Manager's money and of profiles' credit."""

from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

from reference_server.manager.credit import MovementView
from reference_server.manager.manager import Manager
from reference_server.rest.bearer import Reader
from reference_server.rest.export import CSV, as_file, exported
from reference_server.rest.page import Before, Limit, Page, page_before
from reference_server.rest.problem import problems
from reference_server.rest.wishes import SipUsername


def add_balance_history(api: FastAPI, manager: Manager) -> None:
    """Adds the routes."""
    _add_of_manager(api, manager)
    _add_of_profile(api, manager)


def _add_of_manager(api: FastAPI, manager: Manager) -> None:
    @api.get(
        "/balance/history",
        tags=["balance-history"],
        summary="Movements of the Manager's balance, newest first",
        responses=problems(401, 403, 422),
    )
    async def of_manager(
        request: Request, _bearer: Reader, limit: Limit = 100, before: Before = None
    ) -> Page[MovementView]:
        movements = manager.credit.history(None, limit + 1, before)
        return page_before(request, movements, lambda each: each.id, limit)

    @api.get(
        "/balance/history.csv",
        tags=["balance-history"],
        summary="The same as a file of CSV",
        response_class=StreamingResponse,
        responses={**as_file(CSV), **problems(401, 403, 422)},
    )
    async def of_manager_as_csv(_bearer: Reader) -> StreamingResponse:
        return exported(manager.reports.history_csv(None), CSV, "balance-history.csv")


def _add_of_profile(api: FastAPI, manager: Manager) -> None:
    @api.get(
        "/profiles/{sip_username}/balance-history",
        tags=["balance-history"],
        summary="Movements of a profile's credit, newest first",
        responses=problems(401, 403, 404, 422),
    )
    async def of_profile(
        request: Request,
        _bearer: Reader,
        sip_username: SipUsername,
        limit: Limit = 100,
        before: Before = None,
    ) -> Page[MovementView]:
        movements = manager.credit.history(sip_username, limit + 1, before)
        return page_before(request, movements, lambda each: each.id, limit)

    @api.get(
        "/profiles/{sip_username}/balance-history.csv",
        tags=["balance-history"],
        summary="The same as a file of CSV",
        response_class=StreamingResponse,
        responses={**as_file(CSV), **problems(401, 403, 404, 422)},
    )
    async def of_profile_as_csv(_bearer: Reader, sip_username: SipUsername) -> StreamingResponse:
        return exported(manager.reports.history_csv(sip_username), CSV, f"balance-{sip_username}.csv")
