"""Set up a SIP Profile: name, channels and bundles with their cost, registration details.

Quick Start Guide step 2. Changing channels later is `channels`.
"""

from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from reference_server.console.form import Form, whole_number
from reference_server.console.gate import Gate
from reference_server.console.menu import CONNECT, FEATURES
from reference_server.console.pages.profile_frame import PROFILE, path_of, profile_of, username_of
from reference_server.console.visit import Visit
from reference_server.manager.actor import may_change
from reference_server.manager.problem import Problem
from reference_server.manager.profile_view import ProfileView, Quote

TITLE = "Set up a SIP Profile"
TRAIL = (("Features", FEATURES), ("Skype Connect", CONNECT))


def wizard_routes(gate: Gate) -> list[Route]:
    """The three steps, and the cost shown live."""
    return [
        gate.page(f"{CONNECT}/new", _name, {"name": _named}),
        gate.page(f"{PROFILE}/buy", _channels, {"buy": _bought}),
        gate.page(f"{PROFILE}/registered", _registered),
        gate.page("/quote", _quote),
    ]


async def _name(visit: Visit) -> Response:
    may_change(visit.actor)
    return visit.page("wizard_name.html.j2", title=TITLE, trail=TRAIL, forms=[visit.form("name", "name")])


async def _named(visit: Visit) -> Response:
    profile = visit.manager.profiles.set_up(visit.actor, visit.text("name"))
    return visit.go(f"{path_of(profile.sip_username)}/buy")


async def _channels(visit: Visit) -> Response:
    may_change(visit.actor)
    profile = profile_of(visit)
    if profile.state == "active" and visit.problem is None:
        return visit.go(f"{path_of(profile.sip_username)}/channels")
    form = visit.form("buy", "channels", "us_minute_bundles")
    return visit.page(
        "wizard_channels.html.j2",
        title=TITLE,
        trail=TRAIL,
        forms=[form],
        profile=profile,
        **order_shown(visit, form, profile),
    )


async def _bought(visit: Visit) -> Response:
    channels, bundles = ordered(visit)
    visit.manager.profiles.buy(visit.actor, username_of(visit), channels, bundles, visit.key)
    return visit.go(f"{path_of(username_of(visit))}/registered")


async def _registered(visit: Visit) -> Response:
    may_change(visit.actor)
    profile = profile_of(visit)
    try:
        password = visit.manager.profiles.first_password(visit.actor, profile.sip_username).password
    except Problem:
        password = None
    details = visit.manager.profiles.registration_details(profile.sip_username)
    return visit.page(
        "wizard_registered.html.j2",
        title=TITLE,
        trail=TRAIL,
        profile=profile,
        details=details,
        password=password,
        root=path_of(profile.sip_username),
    )


async def _quote(visit: Visit) -> Response:
    """The cost, as htmx asks for it while one types."""
    channels, bundles = visit.asked("channels"), visit.asked("us_minute_bundles") or "0"
    quote, wrong = quoted(visit, channels, bundles)
    return visit.part(
        "cost.html.j2", quote=quote, wrong=wrong, balance=visit.manager.credit.manager_balance()
    )


def order_shown(visit: Visit, form: Form, profile: ProfileView | None) -> dict[str, Any]:
    """What the form for channels and bundles shows: the cost of what stands in it, and the balance."""
    channels = form.value("channels", (profile.channels if profile else 0) or 1)
    bundles = form.value("us_minute_bundles", profile.us_minute_bundles if profile else 0) or "0"
    quote, wrong = quoted(visit, channels, bundles)
    return {
        "quote": quote,
        "wrong": wrong,
        "balance": visit.manager.credit.manager_balance(),
        "unit_price": visit.manager.prices.channel,
        "bundle_price": visit.manager.prices.us_minute_bundle,
    }


def quoted(visit: Visit, channels: str, bundles: str) -> tuple[Quote | None, str]:
    """What an order as typed would cost, or why it cannot be ordered."""
    try:
        wanted = whole_number(channels, "channels", "channels")
        return visit.manager.profiles.quote(wanted, whole_number(bundles, "us_minute_bundles", "bundles")), ""
    except Problem as problem:
        return None, problem.detail


def ordered(visit: Visit) -> tuple[int, int]:
    """Channels and bundles that were typed. Raises `Problem` 422."""
    channels = whole_number(visit.text("channels"), "channels", "channels")
    return channels, whole_number(visit.text("us_minute_bundles") or "0", "us_minute_bundles", "bundles")
