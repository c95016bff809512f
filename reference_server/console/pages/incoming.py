"""View profile > Add a number or business account. Quick Start Guide steps 6 and 7.

All accounts and numbers of the Manager are `business_accounts` and `online_numbers`.
"""

from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from reference_server.console.gate import Gate
from reference_server.console.pages.profile_frame import (
    PROFILE,
    path_of,
    profile_of,
    profile_page,
    username_of,
)
from reference_server.console.visit import Visit
from reference_server.manager.accounts import ATTACHED_ADVICE, GUIDE_ADVICE
from reference_server.manager.number_view import CountryView, StockNumber
from reference_server.manager.problem import Problem, wrong_value

PAGE = f"{PROFILE}/incoming"
MATCHES = 8
MOST_SHOWN = 12
"""Numbers of an area that are offered at a time."""


def incoming_routes(gate: Gate) -> list[Route]:
    """The four tabs and the list of matching names."""
    return [
        gate.page(PAGE, _accounts, {"attach": _attach, "detach": _detach, "extension": _set_extension}),
        gate.page(f"{PAGE}/matches", _matches),
        gate.page(f"{PAGE}/new-account", _new_account, {"create": _create}),
        gate.page(f"{PAGE}/numbers", _numbers, {"allocate": _allocate, "detach": _detach_number}),
        gate.page(f"{PAGE}/buy-number", _shop, {"buy": _buy}),
    ]


async def _accounts(visit: Visit) -> Response:
    text = visit.asked("text") or visit.text("text")
    form = visit.form("attach", "name", "extension")
    return _page(
        visit,
        "attach_account.html.j2",
        forms=[form, visit.form("extension", "extension")],
        text=text,
        advice=(ATTACHED_ADVICE, GUIDE_ADVICE),
        matches=visit.manager.accounts.search(text, MATCHES) if text else None,
    )


async def _matches(visit: Visit) -> Response:
    """The matching names, as htmx asks for them while one types."""
    text = visit.asked("text")
    return visit.part(
        "matches.html.j2",
        text=text,
        form=visit.form("attach", "name", "extension"),
        profile=profile_of(visit),
        matches=visit.manager.accounts.search(text, MATCHES) if text else None,
    )


async def _attach(visit: Visit) -> Response:
    name = visit.text("name")
    if not name:
        raise wrong_value("name", "no name was chosen; click on the name of the account, then on Confirm")
    extension = visit.text("extension") or None
    account = visit.manager.accounts.attach(visit.actor, username_of(visit), name, extension)
    said = f"{account.name} is attached: calls to it are forwarded to this profile from now on."
    return visit.go(visit.request.url.path, said)


async def _detach(visit: Visit) -> Response:
    account = visit.manager.accounts.detach(visit.actor, visit.text("name"))
    return visit.go(visit.request.url.path, f"{account.name} is detached and may sign in again.")


async def _set_extension(visit: Visit) -> Response:
    extension = visit.text("extension") or None
    account = visit.manager.accounts.set_extension(visit.actor, visit.text("name"), extension)
    words = (
        f"has the extension number {account.extension}" if account.extension else "has no extension number"
    )
    return visit.go(visit.request.url.path, f"{account.name} {words} now.")


async def _new_account(visit: Visit) -> Response:
    form = visit.form("create", "name", "display", "password", "extension")
    return _page(visit, "new_account.html.j2", forms=[form])


async def _create(visit: Visit) -> Response:
    accounts, username = visit.manager.accounts, username_of(visit)
    name, display = visit.text("name"), visit.text("display")
    account = accounts.create(visit.actor, name, display or name, visit.values.get("password", ""))
    try:
        accounts.attach(visit.actor, username, account.name, visit.text("extension") or None)
    except Problem as problem:
        said = f"{account.name} was created, but not attached: {problem.detail}"
        return visit.go(f"{path_of(username)}/incoming", said)
    return visit.go(
        f"{path_of(username)}/incoming", f"{account.name} was created and attached to this profile."
    )


async def _numbers(visit: Visit) -> Response:
    form = visit.form("allocate", "number")
    free = visit.manager.numbers.unallocated()
    return _page(visit, "allocate_number.html.j2", forms=[form], free=free)


async def _allocate(visit: Visit) -> Response:
    if not visit.text("number"):
        raise wrong_value("number", "no number was chosen; choose one from the list, or buy a new one")
    number = visit.manager.numbers.allocate(visit.actor, username_of(visit), visit.text("number"))
    return visit.go(
        visit.request.url.path, f"{number.number} is allocated: its calls ring this profile from now on."
    )


async def _detach_number(visit: Visit) -> Response:
    number = visit.manager.numbers.detach(visit.actor, visit.text("number"))
    return visit.go(visit.request.url.path, f"{number.number} rings nowhere now; it stays yours.")


async def _shop(visit: Visit) -> Response:
    return _page(visit, "buy_number.html.j2", forms=[visit.form("buy", "number")], **shop(visit))


async def _buy(visit: Visit) -> Response:
    if not visit.text("number"):
        raise wrong_value("number", "no number was chosen; click on one of the list")
    username = username_of(visit)
    number = visit.manager.numbers.buy(visit.actor, visit.text("number"), username, visit.key)
    said = f"{number.number} is yours and rings this profile from now on."
    return visit.go(f"{path_of(username)}/incoming/numbers", said)


def shop(visit: Visit) -> dict[str, Any]:
    """The stock, by the country and area that were chosen."""
    countries = visit.manager.numbers.countries()
    code = visit.asked("country") or visit.text("country")
    country: CountryView | None = next((one for one in countries if one.code == code), None)
    country = country or next(iter(countries), None)
    area = visit.asked("area") or visit.text("area")
    stock: list[StockNumber] = []
    if country is not None:
        area = area if area in country.areas else next(iter(country.areas), "")
        stock = visit.manager.numbers.stock(country.code, area)[:MOST_SHOWN]
    return {"countries": countries, "country": country, "area": area, "stock": stock}


def _page(visit: Visit, template: str, **values: Any) -> Response:
    profile = profile_of(visit)
    root = f"{path_of(profile.sip_username)}/incoming"
    return profile_page(
        visit,
        template,
        profile,
        inner=[
            ("Add business account", root),
            ("Create a new account", f"{root}/new-account"),
            ("Online Numbers", f"{root}/numbers"),
            ("Buy a new number", f"{root}/buy-number"),
        ],
        balance=visit.manager.credit.manager_balance(),
        **values,
    )
