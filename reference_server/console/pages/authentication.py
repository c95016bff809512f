"""View profile > Authentication details: the PBX's credentials, and the IP authentication tab.

Quick Start Guide step 3, "For a reminder of your SIP Profile's credentials". The password is shown after the
administrator's own is given again; the Manager writes that to the audit log.
"""

from starlette.responses import Response
from starlette.routing import Route

from reference_server.console.form import port_number
from reference_server.console.gate import Gate
from reference_server.console.pages.profile_frame import (
    PROFILE,
    path_of,
    profile_of,
    profile_page,
    username_of,
)
from reference_server.console.visit import Visit

PAGE = f"{PROFILE}/authentication"


def authentication_routes(gate: Gate) -> list[Route]:
    """The two tabs."""
    return [
        gate.page(PAGE, _details, {"reveal": _reveal, "regenerate": _regenerate}),
        gate.page(f"{PAGE}/ip", _by_address, {"ip": _set_address, "registration": _set_registration}),
    ]


async def _details(visit: Visit) -> Response:
    return _shown(visit, None, "")


def _shown(visit: Visit, password: str | None, told: str) -> Response:
    profile = profile_of(visit)
    return profile_page(
        visit,
        "authentication.html.j2",
        profile,
        forms=[visit.form("reveal", "own_password"), visit.form("regenerate", "sure")],
        inner=_inner(profile.sip_username),
        details=visit.manager.profiles.registration_details(profile.sip_username),
        password=password,
        told=told,
    )


async def _reveal(visit: Visit) -> Response:
    own = visit.values.get("own_password", "")
    shown = await visit.manager.profiles.reveal_password(visit.actor, username_of(visit), own)
    return _shown(visit, shown.password, "The password is shown below. This was written to the audit log.")


async def _regenerate(visit: Visit) -> Response:
    shown = visit.manager.profiles.regenerate_password(visit.actor, username_of(visit))
    told = (
        "The profile has a new password. The old one is refused from now on: enter the new one in your PBX."
    )
    return _shown(visit, shown.password, told)


async def _by_address(visit: Visit) -> Response:
    profile = profile_of(visit)
    return profile_page(
        visit,
        "ip_authentication.html.j2",
        profile,
        forms=[visit.form("ip", "address", "port")],
        inner=_inner(profile.sip_username),
    )


async def _set_address(visit: Visit) -> Response:
    username, port = username_of(visit), port_number(visit.text("port"))
    visit.manager.profiles.set_ip_authentication(visit.actor, username, visit.text("address"), port)
    return visit.go(visit.request.url.path, "Requests from this address are the profile's from now on.")


async def _set_registration(visit: Visit) -> Response:
    visit.manager.profiles.set_registration(visit.actor, username_of(visit))
    return visit.go(visit.request.url.path, "The PBX registers with SIP User and password from now on.")


def _inner(username: str) -> list[tuple[str, str]]:
    root = path_of(username)
    return [
        ("SIP registration", f"{root}/authentication"),
        ("IP authentication", f"{root}/authentication/ip"),
    ]
