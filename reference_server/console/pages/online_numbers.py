"""Features > Online Numbers: all that were bought, wherever they ring. Allocating is `incoming`."""

from starlette.responses import Response
from starlette.routing import Route

from reference_server.console.gate import Gate
from reference_server.console.menu import FEATURES
from reference_server.console.pages.incoming import shop
from reference_server.console.visit import Visit
from reference_server.manager.problem import wrong_value

PAGE = f"{FEATURES}/online-numbers"


def online_numbers_routes(gate: Gate) -> list[Route]:
    """The page and its forms."""
    return [gate.page(PAGE, _show, {"buy": _buy, "detach": _detach, "release": _release})]


async def _show(visit: Visit) -> Response:
    return visit.page(
        "online_numbers.html.j2",
        title="Online Numbers",
        trail=[("Features", FEATURES)],
        forms=[visit.form("buy", "number")],
        numbers=visit.manager.numbers.owned(),
        names={one.sip_username: one.name or one.sip_username for one in visit.manager.profiles.all()},
        balance=visit.manager.credit.manager_balance(),
        **shop(visit),
    )


async def _buy(visit: Visit) -> Response:
    if not visit.text("number"):
        raise wrong_value("number", "no number was chosen; click on one of the list")
    number = visit.manager.numbers.buy(visit.actor, visit.text("number"), None, visit.key)
    return visit.go(PAGE, f"{number.number} is yours.")


async def _detach(visit: Visit) -> Response:
    number = visit.manager.numbers.detach(visit.actor, visit.text("number"))
    return visit.go(PAGE, f"{number.number} rings nowhere now; it stays yours.")


async def _release(visit: Visit) -> Response:
    visit.manager.numbers.release(visit.actor, visit.text("number"))
    return visit.go(PAGE, f"{visit.text('number')} is released: it is no longer yours.")
