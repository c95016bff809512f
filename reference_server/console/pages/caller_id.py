"""View profile > Caller ID: what those who are called are shown: an Online Number or a verified landline."""

from starlette.responses import Response
from starlette.routing import Route

from reference_server.console.gate import Gate
from reference_server.console.pages.profile_frame import PROFILE, profile_of, profile_page, username_of
from reference_server.console.visit import Visit

PAGE = f"{PROFILE}/caller-id"


def caller_id_routes(gate: Gate) -> list[Route]:
    """The page and its forms."""
    return [gate.page(PAGE, _show, {"choose": _choose, "verify": _verify, "forget": _forget})]


async def _show(visit: Visit) -> Response:
    forms = [visit.form("choose", "number"), visit.form("verify", "landline", "number")]
    return profile_page(visit, "caller_id.html.j2", profile_of(visit), forms=forms)


async def _choose(visit: Visit) -> Response:
    number = visit.text("number") or None
    visit.manager.profiles.set_caller_id(visit.actor, username_of(visit), number)
    words = (
        f"Those you call see {number} from now on."
        if number
        else "Those you call see the SIP User from now on."
    )
    return visit.go(visit.request.url.path, words)


async def _verify(visit: Visit) -> Response:
    number = visit.text("number")
    visit.manager.profiles.verify_landline(visit.actor, username_of(visit), number)
    return visit.go(visit.request.url.path, f"{number} is marked as verified and can be chosen below.")


async def _forget(visit: Visit) -> Response:
    number = visit.text("number")
    visit.manager.profiles.forget_landline(visit.actor, username_of(visit), number)
    return visit.go(visit.request.url.path, f"{number} is no longer verified.")
