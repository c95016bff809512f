"""START HERE: the REST API of the Manager, one ASGI application for `/api/v1`.

Each noun has a module that adds its routes; all of them ask the services of `manager` and decide nothing. Who
asks is found by `bearer`, refusals get their shape from `problem`, money moves through `idempotency`.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from reference_server.manager.manager import Manager
from reference_server.manager.problem import Problem
from reference_server.rest.accounts import add_accounts
from reference_server.rest.administrators import add_administrators
from reference_server.rest.audit import add_audit
from reference_server.rest.balance_history import add_balance_history
from reference_server.rest.caller_id import add_caller_id
from reference_server.rest.calls import add_calls
from reference_server.rest.credit import add_credit
from reference_server.rest.idempotency import Answers
from reference_server.rest.invitations import add_invitations
from reference_server.rest.numbers import add_numbers
from reference_server.rest.problem import ProblemDocument, explain_problems
from reference_server.rest.profiles import add_profiles
from reference_server.rest.records import add_records
from reference_server.rest.reports import add_reports
from reference_server.rest.subscriptions import add_subscriptions
from reference_server.rest.tokens import add_tokens

PATH = "/api/v1"
DESCRIPTION = """\
What the console can do, for programs. Send `Authorization: Bearer TOKEN`; each operation names the scopes
that it needs. Amounts are text with a point (`"25.00"`), times are seconds since the epoch. Whatever moves
money needs a header `Idempotency-Key`. Refusals are `application/problem+json` (RFC 9457)."""


class JsonRoute(APIRoute):
    """A route whose body, where it takes one, is JSON and nothing else."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, behind a look at Content-Type. It raises `Problem` 415."""
        handler = super().get_route_handler()
        if self.body_field is None:
            return handler

        async def with_json(request: Request) -> Response:
            given = request.headers.get("content-type", "")
            if given.partition(";")[0].strip().lower() != "application/json":
                detail = f"seen {given[:80]!r}; write the body as JSON, with Content-Type: application/json"
                raise Problem("not-json", 415, "The body has another format", detail)
            return await handler(request)

        return with_json


class RestApi(FastAPI):
    """FastAPI whose document says how refusals look."""

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI 3.1 document."""
        if self.openapi_schema is None:
            document = get_openapi(
                title=self.title, version=self.version, description=self.description, routes=self.routes
            )
            schema = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            schemas.update(schema.pop("$defs", {}))
            schemas["ProblemDocument"] = schema
            document["servers"] = [{"url": PATH}]
            self.openapi_schema = document
        return self.openapi_schema


def make_rest(manager: Manager, answers: Answers) -> FastAPI:
    """The ASGI application; mount it at `PATH`."""
    api = RestApi(
        title="Skype Manager",
        version="1",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: "-".join((*map(str, route.tags), route.name)),
    )
    api.router.route_class = JsonRoute
    api.router.redirect_slashes = False
    api.state.people = manager.people
    explain_problems(api)
    add_profiles(api, manager)
    add_subscriptions(api, manager, answers)
    add_credit(api, manager, answers)
    add_balance_history(api, manager)
    add_numbers(api, manager, answers)
    add_accounts(api, manager)
    add_caller_id(api, manager)
    add_calls(api, manager)
    add_records(api, manager)
    add_reports(api, manager)
    add_administrators(api, manager.people)
    add_invitations(api, manager.people)
    add_tokens(api, manager.people)
    add_audit(api, manager.people)
    return api
