"""Features > Business accounts: all of the Manager's, wherever they are attached. Attaching is `incoming`."""

from starlette.responses import Response
from starlette.routing import Route

from reference_server.console.gate import Gate
from reference_server.console.menu import FEATURES
from reference_server.console.visit import Visit

PAGE = f"{FEATURES}/business-accounts"


def business_accounts_routes(gate: Gate) -> list[Route]:
    """The page and its forms."""
    acts = {"create": _create, "detach": _detach, "remove": _remove, "password": _set_password}
    return [gate.page(PAGE, _show, acts)]


async def _show(visit: Visit) -> Response:
    forms = [visit.form("create", "name", "display", "password"), visit.form("password", "password")]
    return visit.page(
        "business_accounts.html.j2",
        title="Business accounts",
        trail=[("Features", FEATURES)],
        forms=forms,
        accounts=visit.manager.accounts.all(),
        names={one.sip_username: one.name or one.sip_username for one in visit.manager.profiles.all()},
    )


async def _create(visit: Visit) -> Response:
    name = visit.text("name")
    account = visit.manager.accounts.create(
        visit.actor, name, visit.text("display") or name, visit.values.get("password", "")
    )
    return visit.go(PAGE, f"{account.name} was created. It can sign in with a SIP phone now.")


async def _detach(visit: Visit) -> Response:
    account = visit.manager.accounts.detach(visit.actor, visit.text("name"))
    return visit.go(PAGE, f"{account.name} is detached and may sign in again.")


async def _remove(visit: Visit) -> Response:
    visit.manager.accounts.remove(visit.actor, visit.text("name"))
    return visit.go(PAGE, f"{visit.text('name')} is removed.")


async def _set_password(visit: Visit) -> Response:
    account = visit.manager.accounts.set_password(
        visit.actor, visit.text("name"), visit.values.get("password", "")
    )
    return visit.go(PAGE, f"{account.name} has a new password.")
