"""View profile > Test call: the echo test to dial, and a call from outside with its ladder as it happens.

Quick Start Guide steps 5 and 8.
"""

from starlette.responses import Response
from starlette.routing import Route

from reference_server.console.events import event_stream
from reference_server.console.gate import Gate
from reference_server.console.ladder import ladder_svg
from reference_server.console.live_feed import LiveFeed
from reference_server.console.pages.outgoing import ECHO_NUMBER
from reference_server.console.pages.profile_frame import PROFILE, profile_of, profile_page, username_of
from reference_server.console.visit import Visit
from reference_server.manager.call_outcome import TestCallOutcome
from reference_server.manager.problem import not_found

PAGE = f"{PROFILE}/test-call"
SILENT = "Nothing was sent to the PBX yet."
RESULT = f"{PAGE}/{{call_id}}"


def check_call_routes(gate: Gate, feed: LiveFeed) -> list[Route]:
    """Placing a test call, and watching it."""
    pages = _CheckCallPages(gate, feed)
    return [
        gate.page(PAGE, pages.show, {"place": pages.place}),
        gate.page(RESULT, pages.result, {"end": pages.end}),
        gate.page(f"{RESULT}/events", pages.events),
    ]


class _CheckCallPages:
    def __init__(self, gate: Gate, feed: LiveFeed) -> None:
        self._gate = gate
        self._feed = feed

    async def show(self, visit: Visit) -> Response:
        self._feed.look()  # workers of their own need a moment until they keep packets
        form = visit.form("place", "called")
        return profile_page(
            visit, "test_call.html.j2", profile_of(visit), forms=[form], echo_number=ECHO_NUMBER
        )

    async def place(self, visit: Visit) -> Response:
        self._feed.look()
        kind, _, name = visit.text("called").partition(":")
        outcome = await visit.manager.calls.place_test_call(
            visit.actor,
            username_of(visit),
            number=name if kind == "number" else None,
            account=name if kind == "account" else None,
        )
        return visit.go(f"{visit.request.url.path}/{outcome.id}")

    async def result(self, visit: Visit) -> Response:
        self._feed.look()
        outcome = await self._outcome(visit)
        return profile_page(
            visit,
            "test_call_result.html.j2",
            profile_of(visit),
            outcome=outcome,
            parts_shown=self._parts(visit, outcome),
        )

    async def end(self, visit: Visit) -> Response:
        await self._outcome(visit)
        await visit.manager.calls.end(visit.actor, visit.of_path("call_id"))
        return visit.go(visit.request.url.path)

    async def events(self, visit: Visit) -> Response:
        latest = await self._outcome(visit)

        async def parts() -> dict[str, str]:
            nonlocal latest
            self._feed.look()
            latest = await self._outcome(visit)
            return self._parts(visit, latest)

        def allowed() -> bool:
            return self._gate.session_of(visit.request) is not None

        return event_stream(visit.request, parts, allowed, lambda: latest.state != "ended")

    async def _outcome(self, visit: Visit) -> TestCallOutcome:
        outcome = await visit.manager.calls.test_call(visit.of_path("call_id"))
        if outcome.call.profile != username_of(visit):
            raise not_found(f"no call of this profile has the id {outcome.id}")
        return outcome

    def _parts(self, visit: Visit, outcome: TestCallOutcome) -> dict[str, str]:
        messages = self._feed.messages(outcome.call.call_id)
        shown = visit.rendering.text(
            "test_call_state.html.j2", outcome=outcome, call=outcome.call, csrf=visit.form_token
        )
        drawing = visit.rendering.text(
            "ladder.html.j2", drawing=ladder_svg(messages), messages=messages, id="test", silent=SILENT
        )
        return {"outcome": shown, "ladder": drawing}
