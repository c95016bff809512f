"""The Live page: registrations, calls now with their ladders, and those that ended lately, as it happens."""

from starlette.responses import Response
from starlette.routing import Route

from reference_server.console.events import event_stream
from reference_server.console.gate import Gate
from reference_server.console.ladder import ladder_svg
from reference_server.console.live_feed import LiveFeed
from reference_server.console.visit import Visit
from reference_server.control.models import CallShown

MOST_CALLS = 50
"""Calls of each kind that are shown; a trunk under load has more than anybody reads."""
MOST_RECENT = 20


def live_routes(gate: Gate, feed: LiveFeed) -> list[Route]:
    """The page, its events, and ending a call."""
    pages = _LivePages(gate, feed)
    return [
        gate.page("/live", pages.show, {"end": pages.end}),
        gate.page("/live/events", pages.events),
    ]


class _LivePages:
    def __init__(self, gate: Gate, feed: LiveFeed) -> None:
        self._gate = gate
        self._feed = feed

    async def show(self, visit: Visit) -> Response:
        return visit.page("live.html.j2", title="Live", parts_shown=await self._parts(visit))

    async def end(self, visit: Visit) -> Response:
        await visit.manager.calls.end(visit.actor, visit.text("id"))
        return visit.go("/live", "The call is ended.")

    async def events(self, visit: Visit) -> Response:
        return event_stream(
            visit.request,
            lambda: self._parts(visit),
            lambda: self._gate.session_of(visit.request) is not None,
        )

    async def _parts(self, visit: Visit) -> dict[str, str]:
        self._feed.look()
        profiles = visit.manager.profiles.all()
        names = {one.sip_username: one.name or one.sip_username for one in profiles}
        recent = await visit.manager.calls.recent()
        running = [call for call in recent if call.state != "ended"]
        over = [call for call in recent if call.state == "ended"][:MOST_RECENT]
        text = visit.rendering.text
        return {
            "profiles": text("live_profiles.html.j2", profiles=profiles),
            "calls": text(
                "live_calls.html.j2",
                calls=[self._shown(call) for call in running[:MOST_CALLS]],
                more=len(running) - MOST_CALLS,
                names=names,
                csrf=visit.form_token,
            ),
            "recent": text("live_recent.html.j2", calls=[self._shown(call) for call in over], names=names),
        }

    def _shown(self, call: CallShown) -> tuple[CallShown, str, tuple[object, ...]]:
        messages = self._feed.messages(call.call_id)
        return call, ladder_svg(messages), messages
