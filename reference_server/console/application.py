"""START HERE: the web console of the Manager, added to an application that may have other routes already.

Server-rendered pages for people; programs use `rest`, which has the same services behind it. Pages are in
`pages`, who may enter is `gate`'s to say, how they look is `templates` and `static`.
"""

import time
from collections.abc import Callable

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from reference_server.console.gate import Gate
from reference_server.console.live_feed import LiveFeed, Watcher
from reference_server.console.pages.audit import audit_routes
from reference_server.console.pages.authentication import authentication_routes
from reference_server.console.pages.business_accounts import business_accounts_routes
from reference_server.console.pages.caller_id import caller_id_routes
from reference_server.console.pages.channels import channels_routes
from reference_server.console.pages.check_call import check_call_routes
from reference_server.console.pages.connect import connect_routes
from reference_server.console.pages.entry import entry_routes
from reference_server.console.pages.guidance import guidance_routes
from reference_server.console.pages.incoming import incoming_routes
from reference_server.console.pages.live import live_routes
from reference_server.console.pages.manager_credit import manager_credit_routes
from reference_server.console.pages.online_numbers import online_numbers_routes
from reference_server.console.pages.outgoing import outgoing_routes
from reference_server.console.pages.overview import overview_routes
from reference_server.console.pages.people import people_routes
from reference_server.console.pages.records import records_routes
from reference_server.console.pages.reports import reports_routes
from reference_server.console.pages.wizard import wizard_routes
from reference_server.console.rendering import STATIC, Rendering
from reference_server.console.security_headers import SecurityHeaders
from reference_server.manager.manager import Manager
from reference_server.manager.problem import Problem

Watch = Callable[[Watcher | None], None]


def add_console(
    application: FastAPI,
    manager: Manager,
    watch: Watch | None = None,
    clock: Callable[[], float] = time.time,
) -> None:
    """Adds the console at `/`, behind all routes that `application` has by then.

    `watch` makes the trunk show its packets to a watcher, or to nobody; without it ladders stay empty.
    `clock`: seconds since the epoch, as the packets' times.
    """
    rendering = Rendering(manager.prices.currency, manager.zone)
    gate = Gate(manager, rendering)
    feed = LiveFeed(watch or _nobody_to_watch, clock)
    console = Starlette(
        routes=[Mount("/static", StaticFiles(directory=STATIC)), *_pages(gate, feed)],
        middleware=[Middleware(SecurityHeaders)],
    )

    async def explain(request: Request, error: Exception) -> Response:
        return gate.refused(request, _explained(request, error))

    console.add_exception_handler(HTTPException, explain)
    console.add_exception_handler(500, explain)
    application.mount("/", console)


def _pages(gate: Gate, feed: LiveFeed) -> list[BaseRoute]:
    return [
        *entry_routes(gate),
        *connect_routes(gate),
        *business_accounts_routes(gate),
        *online_numbers_routes(gate),
        *wizard_routes(gate),  # before the pages of a profile: "new" is no SIP username
        *overview_routes(gate),
        *authentication_routes(gate),
        *outgoing_routes(gate),
        *incoming_routes(gate),
        *caller_id_routes(gate),
        *channels_routes(gate),
        *check_call_routes(gate, feed),
        *manager_credit_routes(gate),
        *live_routes(gate, feed),
        *records_routes(gate),
        *reports_routes(gate),
        *people_routes(gate),
        *audit_routes(gate),
        *guidance_routes(gate),
    ]


def _explained(request: Request, error: Exception) -> Problem:
    if not isinstance(error, HTTPException):
        detail = "this is a fault of the console; the trunk goes on, and its log says more"
        return Problem("fault", 500, "Something went wrong", detail)
    if error.status_code == 404:
        detail = f"the console has no page {request.url.path[:200]}; the toolbar leads to all it has"
        return Problem("no-page", 404, "There is no such page", detail)
    if error.status_code == 405:
        detail = f"{request.method} can't be done here; go back and use the page's own buttons"
        return Problem("wrong-method", 405, "That can't be done here", detail)
    return Problem("refused", error.status_code, "The request can't be read", str(error.detail))


def _nobody_to_watch(_watcher: Watcher | None) -> None:
    """Without a trunk there is nothing to see."""
