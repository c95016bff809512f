"""START HERE: the REST API of the Manager, one ASGI application for `/api/v1`.

Each noun has a module that adds its routes; all of them ask the services of `manager` and decide nothing. Who
asks is found by `bearer`, refusals get their shape from `problem`, money moves through `idempotency`.
"""

from fastapi import FastAPI

from reference_server.manager.manager import Manager
from reference_server.rest.accounts import add_accounts
from reference_server.rest.administrators import add_administrators
from reference_server.rest.audit import add_audit
from reference_server.rest.balance_history import add_balance_history
from reference_server.rest.caller_id import add_caller_id
from reference_server.rest.calls import add_calls
from reference_server.rest.credit import add_credit
from reference_server.rest.document import DocumentedApi
from reference_server.rest.events import add_events
from reference_server.rest.idempotency import Answers
from reference_server.rest.invitations import add_invitations
from reference_server.rest.numbers import add_numbers
from reference_server.rest.problem import explain_problems
from reference_server.rest.profiles import add_profiles
from reference_server.rest.rates import add_rates
from reference_server.rest.records import add_records
from reference_server.rest.reports import add_reports
from reference_server.rest.strict_route import StrictRoute
from reference_server.rest.subscriptions import add_subscriptions
from reference_server.rest.tokens import add_tokens

DESCRIPTION = """\
What the console can do, for programs. Send `Authorization: Bearer TOKEN`; each operation names the scopes
that it needs. Amounts are text with a point (`"25.00"`), times are seconds since the epoch. Whatever moves
money needs a header `Idempotency-Key`. Refusals are `application/problem+json` (RFC 9457)."""


def make_rest(manager: Manager, answers: Answers) -> FastAPI:
    """The ASGI application; mount it at `PATH`."""
    api = DocumentedApi(
        title="Skype Manager",
        version="1",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: "-".join((*map(str, route.tags), route.name)),
    )
    api.router.route_class = StrictRoute
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
    add_events(api, manager)
    add_records(api, manager)
    add_rates(api, manager)
    add_reports(api, manager)
    add_administrators(api, manager.people)
    add_invitations(api, manager.people)
    add_tokens(api, manager.people)
    add_audit(api, manager.people)
    return api
