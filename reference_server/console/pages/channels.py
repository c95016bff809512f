"""View profile > Channels: changing channels and bundles during the term.

The old subscription ends and a new one starts; calls in progress go on. Buying for the
first time is `wizard`.
"""

from starlette.responses import Response
from starlette.routing import Route

from reference_server.console.gate import Gate
from reference_server.console.pages.profile_frame import PROFILE, profile_of, profile_page, username_of
from reference_server.console.pages.wizard import order_shown, ordered
from reference_server.console.visit import Visit

PAGE = f"{PROFILE}/channels"


def channels_routes(gate: Gate) -> list[Route]:
    """The page and its form."""
    return [gate.page(PAGE, _show, {"change": _change})]


async def _show(visit: Visit) -> Response:
    profile = profile_of(visit)
    form = visit.form("change", "channels", "us_minute_bundles")
    return profile_page(visit, "channels.html.j2", profile, forms=[form], **order_shown(visit, form, profile))


async def _change(visit: Visit) -> Response:
    channels, bundles = ordered(visit)
    profile = visit.manager.profiles.change(visit.actor, username_of(visit), channels, bundles, visit.key)
    many = f"{profile.channels} channel{'' if profile.channels == 1 else 's'}"
    return visit.go(visit.request.url.path, f"The profile has {many} from now on. Calls in progress go on.")
