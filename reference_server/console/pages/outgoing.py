"""View profile > Set up outgoing calls: Skype Credit, taking it back, Auto-recharge, what was paid.

Quick Start Guide steps 4 and 5.
"""

from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from reference_server.console.form import amount
from reference_server.console.gate import Gate
from reference_server.console.pages.profile_frame import (
    PROFILE,
    path_of,
    profile_of,
    profile_page,
    username_of,
)
from reference_server.console.plots import balance_plot
from reference_server.console.visit import Visit
from reference_server.ledger.money import UNIT
from reference_server.manager.profile_view import ProfileView

PAGE = f"{PROFILE}/outgoing"
ECHO_NUMBER = "+17606604690"
"""Quick Start Guide step 5: "Skype's echo test Online Number"."""
LINES = 50
"""Movements on one page of the history."""


def outgoing_routes(gate: Gate) -> list[Route]:
    """The four tabs."""
    return [
        gate.page(PAGE, _add_page, {"add": _add}),
        gate.page(f"{PAGE}/take-back", _take_page, {"take": _take}),
        gate.page(f"{PAGE}/auto-recharge", _recharge_page, {"recharge": _recharge}),
        gate.page(f"{PAGE}/history", _history),
    ]


async def _add_page(visit: Visit) -> Response:
    return _page(visit, "add_credit.html.j2", "add", echo_number=ECHO_NUMBER)


async def _add(visit: Visit) -> Response:
    username, micros = username_of(visit), amount(visit.text("amount"), "amount")
    profile = visit.manager.credit.add_credit(visit.actor, username, micros, visit.key)
    return visit.go(visit.request.url.path, f"Credit was added: {_credit(visit, profile)}")


async def _take_page(visit: Visit) -> Response:
    return _page(visit, "take_back.html.j2", "take")


async def _take(visit: Visit) -> Response:
    username, micros = username_of(visit), amount(visit.text("amount"), "amount")
    profile = visit.manager.credit.take_back(visit.actor, username, micros, visit.key)
    return visit.go(visit.request.url.path, f"Credit was taken back: {_credit(visit, profile)}")


async def _recharge_page(visit: Visit) -> Response:
    return _page(visit, "auto_recharge.html.j2", "recharge")


async def _recharge(visit: Visit) -> Response:
    username, enabled = username_of(visit), bool(visit.text("enabled"))
    before = visit.manager.credit.recharge(username)
    wanted = (
        amount(visit.text("amount"), "amount") if enabled or visit.text("amount") else before.amount or UNIT
    )
    least = amount(visit.text("minimum"), "minimum") if enabled or visit.text("minimum") else before.minimum
    saved = visit.manager.credit.set_recharge(visit.actor, username, enabled, wanted, least)
    return visit.go(visit.request.url.path, f"Your changes are saved. {saved.words}")


async def _history(visit: Visit) -> Response:
    lines = visit.manager.credit.history(username_of(visit), LINES, page_before(visit))
    plot = balance_plot(lines, visit.rendering)
    return _page(visit, "credit_history.html.j2", "none", lines=lines, plot=plot, more=len(lines) == LINES)


def _page(visit: Visit, template: str, form: str, **values: Any) -> Response:
    profile, root = profile_of(visit), path_of(username_of(visit))
    return profile_page(
        visit,
        template,
        profile,
        forms=[visit.form(form, "amount", "minimum")],
        inner=[
            ("Add credit", f"{root}/outgoing"),
            ("Take back credit", f"{root}/outgoing/take-back"),
            ("Auto-recharge settings", f"{root}/outgoing/auto-recharge"),
            ("History", f"{root}/outgoing/history"),
        ],
        balance=visit.manager.credit.manager_balance(),
        **values,
    )


def page_before(visit: Visit) -> int | None:
    """Where the asked page of a history begins: `before` in the URL."""
    before = visit.asked("before")
    return int(before) if before.isascii() and before.isdigit() and len(before) < 16 else None


def _credit(visit: Visit, profile: ProfileView) -> str:
    return f"the profile has {visit.rendering.money(profile.credit)} now."
