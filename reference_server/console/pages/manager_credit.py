"""Skype Credit: the Manager's own balance, paying into it, and what moved."""

from starlette.responses import Response
from starlette.routing import Route

from reference_server.console.form import amount
from reference_server.console.gate import Gate
from reference_server.console.pages.outgoing import LINES, page_before
from reference_server.console.plots import balance_plot
from reference_server.console.visit import Visit


def manager_credit_routes(gate: Gate) -> list[Route]:
    """The page and its form."""
    return [gate.page("/credit", _show, {"fund": _fund})]


async def _show(visit: Visit) -> Response:
    lines = visit.manager.credit.history(None, LINES, page_before(visit))
    return visit.page(
        "manager_credit.html.j2",
        title="Skype Credit",
        forms=[visit.form("fund", "amount")],
        balance=visit.manager.credit.manager_balance(),
        profiles=visit.manager.profiles.all(),
        lines=lines,
        plot=balance_plot(lines, visit.rendering),
        more=len(lines) == LINES,
    )


async def _fund(visit: Visit) -> Response:
    balance = visit.manager.credit.fund_manager(
        visit.actor, amount(visit.text("amount"), "amount"), visit.key
    )
    return visit.go(
        "/credit", f"Your payment was taken: the balance is {visit.rendering.money(balance)} now."
    )
