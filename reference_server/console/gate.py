"""Who may enter: finds the session of a request, checks forms, and turns what was refused into a page.

Pages are functions of a `Visit`; the gate makes routes of them. Sessions, CSRF tokens and roles are the
Manager's (`manager.people`), the drawing of pages is `rendering`'s.
"""

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import quote, urlsplit

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from reference_server.console.rendering import Rendering
from reference_server.console.visit import SEE_OTHER, Visit
from reference_server.manager.actor import may_change
from reference_server.manager.manager import Manager
from reference_server.manager.people.sessions import Session, check_csrf, cookie_settings
from reference_server.manager.problem import Problem

Page = Callable[[Visit], Awaitable[Response]]

MOST_FIELDS = 60
LONGEST_FIELD = 4_096  # bytes
FOREIGN_FORM = "the form was sent by another site; open the console itself and send it from there"


class Gate:
    """Makes routes of pages."""

    def __init__(self, manager: Manager, rendering: Rendering) -> None:
        self._manager = manager
        self._rendering = rendering

    def page(
        self,
        path: str,
        show: Page,
        acts: Mapping[str, Page] | None = None,
        *,
        public: bool = False,
        viewers: bool = False,
    ) -> Route:
        """A page with its forms: `acts` by the name of the form, sent to the same path.

        An act that raises `Problem` leads to `show` again, which finds the problem in the visit. `public`:
        nobody need be signed in. `viewers`: a viewer may send its forms.
        """
        known = acts or {}

        async def endpoint(request: Request) -> Response:
            visit = self._visit(request)
            if visit.session is None and not public:
                return self._to_sign_in(request)
            try:
                if request.method != "POST":
                    return await show(visit)
                return await self._act(visit, show, known, free=public, viewers=viewers)
            except Problem as problem:
                return visit.refused(problem)

        return Route(path, endpoint, methods=["GET", "POST"] if known else ["GET"])

    def session_of(self, request: Request) -> Session | None:
        """Who sent a request; None when nobody is signed in or the session is over."""
        secret = request.cookies.get(cookie_settings(tls=is_tls(request))["key"])
        if not secret:
            return None
        return self._manager.people.sessions.of(secret, address_of(request))

    def refused(self, request: Request, problem: Problem) -> Response:
        """A page that says why there is none."""
        return self._visit(request).refused(problem)

    async def _act(
        self, visit: Visit, show: Page, acts: Mapping[str, Page], *, free: bool, viewers: bool
    ) -> Response:
        await self._read_form(visit)
        if visit.session is not None and not free:
            check_csrf(visit.session, visit.values.get("csrf"))
            if not viewers:
                may_change(visit.session.actor)
        act = acts.get(visit.values.get("form", ""))
        if act is None:
            detail = "the console has no such form; load the page again and send it once more"
            raise Problem("wrong-form", 400, "The form is unknown", detail)
        try:
            return await act(visit)
        except Problem as problem:
            visit.problem = problem
            return await show(visit)

    async def _read_form(self, visit: Visit) -> None:
        _check_origin(visit.request)
        async with visit.request.form(
            max_files=0, max_fields=MOST_FIELDS, max_part_size=LONGEST_FIELD
        ) as sent:
            visit.values, visit.lists = _texts(sent)

    def _visit(self, request: Request) -> Visit:
        return Visit(request, self._manager, self._rendering, self.session_of(request))

    def _to_sign_in(self, request: Request) -> Response:
        if request.headers.get("hx-request"):
            return Response(status_code=204, headers={"HX-Redirect": "/sign-in"})
        path = request.url.path if request.method == "GET" else "/"
        return RedirectResponse(f"/sign-in?next={quote(path)}", SEE_OTHER)


def is_tls(request: Request) -> bool:
    """Whether a request came over TLS."""
    return request.url.scheme == "https"


def address_of(request: Request) -> str:
    """Where a request came from."""
    return "" if request.client is None else request.client.host


def _texts(sent: FormData) -> tuple[dict[str, str], dict[str, list[str]]]:
    """The last value of each field, and all of them."""
    every: dict[str, list[str]] = {}
    for name, value in sent.multi_items():
        if isinstance(value, str):
            every.setdefault(name, []).append(value[:LONGEST_FIELD].replace("\x00", ""))
    return {name: values[-1] for name, values in every.items()}, every


def _check_origin(request: Request) -> None:
    """A form of another site is refused, also where nobody is signed in yet. Raises `Problem` 403.

    OWASP "Cross-Site Request Forgery Prevention", verifying origin with standard headers.
    """
    origin = request.headers.get("origin")
    foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if foreign or request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Problem("foreign-form", 403, "The form is not ours", FOREIGN_FORM)
