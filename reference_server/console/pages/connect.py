"""Features > Skype Connect: all SIP Profiles. Quick Start Guide step 2."""

from starlette.responses import Response
from starlette.routing import Route

from reference_server.console.gate import Gate
from reference_server.console.menu import CONNECT, FEATURES
from reference_server.console.visit import Visit


def connect_routes(gate: Gate) -> list[Route]:
    """The features, and the list of profiles."""
    return [gate.page(FEATURES, _features), gate.page(CONNECT, _profiles)]


async def _features(visit: Visit) -> Response:
    return visit.page("features.html.j2", title="Features")


async def _profiles(visit: Visit) -> Response:
    profiles = visit.manager.profiles.all()
    return visit.page(
        "profiles.html.j2",
        title="Skype Connect",
        trail=[("Features", FEATURES)],
        profiles=profiles,
        balance=visit.manager.credit.manager_balance(),
        channels_used=sum(one.channels_used for one in profiles),
        channels=sum(one.channels for one in profiles if one.state == "active"),
        registered=sum(one.registered for one in profiles),
    )
