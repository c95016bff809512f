"""Help with Skype Connect: what a PBX has to do.

Quick Start Guide step 9 and "Important information about your PBX configuration".
"""

from starlette.responses import Response
from starlette.routing import Route

from reference_server.console.gate import Gate
from reference_server.console.visit import Visit


def guidance_routes(gate: Gate) -> list[Route]:
    """The page."""
    return [gate.page("/help", _show)]


async def _show(visit: Visit) -> Response:
    return visit.page("help.html.j2", title="Help with Skype Connect")
