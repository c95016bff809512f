"""Audit: who did what to which, when and from where."""

from starlette.responses import Response
from starlette.routing import Route

from reference_server.console.gate import Gate
from reference_server.console.pages.outgoing import page_before
from reference_server.console.visit import Visit

LINES = 100


def audit_routes(gate: Gate) -> list[Route]:
    """The page."""
    return [gate.page("/audit", _show)]


async def _show(visit: Visit) -> Response:
    entries = visit.manager.people.audit.entries(LINES, page_before(visit))
    return visit.page("audit.html.j2", title="Audit", entries=entries, more=len(entries) == LINES)
