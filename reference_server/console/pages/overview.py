"""View profile: what a SIP Profile has and uses at a glance; renaming and removing it."""

from starlette.responses import Response
from starlette.routing import Route

from reference_server.console.gate import Gate
from reference_server.console.menu import CONNECT
from reference_server.console.pages.profile_frame import (
    PROFILE,
    path_of,
    profile_of,
    profile_page,
    username_of,
)
from reference_server.console.visit import Visit
from reference_server.manager.calls import CallFilter
from reference_server.manager.problem import Problem

LAST_CALLS = 5


def overview_routes(gate: Gate) -> list[Route]:
    """The page and its forms."""
    return [gate.page(PROFILE, _show, {"rename": _rename, "remove": _remove})]


async def _show(visit: Visit) -> Response:
    profile = profile_of(visit)
    which = CallFilter(profile=profile.sip_username, last=LAST_CALLS)
    return profile_page(
        visit,
        "overview.html.j2",
        profile,
        forms=[visit.form("rename", "name"), visit.form("remove", "sure")],
        calls=visit.manager.calls.records(which),
    )


async def _rename(visit: Visit) -> Response:
    visit.manager.profiles.rename(visit.actor, username_of(visit), visit.text("name"))
    return visit.go(path_of(username_of(visit)), "The profile has its new name.")


async def _remove(visit: Visit) -> Response:
    username = username_of(visit)
    if visit.text("sure") != username:
        detail = f"seen {visit.text('sure')[:40]!r}; write {username} to remove this profile"
        raise Problem("not-confirmed", 422, "Nothing was removed", detail, "sure")
    visit.manager.profiles.remove(visit.actor, username)
    return visit.go(
        CONNECT, f"The profile {username} is removed; its credit is back in the Manager's balance."
    )
