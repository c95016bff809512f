"""One request of the console: who asks, what was sent, and the three ways to answer.

The `gate` makes visits; pages read them and answer with `page`, `go` or `part`, which htmx puts into a
page.
"""

import secrets
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reference_server.console.form import Form
from reference_server.console.menu import Menu, side_menu, toolbar
from reference_server.console.rendering import Rendering
from reference_server.manager.actor import Actor
from reference_server.manager.manager import Manager
from reference_server.manager.people.sessions import Session
from reference_server.manager.problem import Problem

SEE_OTHER = 303
"""RFC 9110 section 15.4.4: after a form, another page is shown, so that reloading sends nothing twice."""
SAID = "said"
"""Cookie with the sentence that the next page shows once."""


class Visit:
    """One request."""

    def __init__(
        self, request: Request, manager: Manager, rendering: Rendering, session: Session | None
    ) -> None:
        self.request = request
        self.manager = manager
        self.session = session
        self.values: dict[str, str] = {}
        """What a form sent."""
        self.lists: dict[str, list[str]] = {}
        """The same, for fields that may be ticked more than once."""
        self.problem: Problem | None = None
        """Why the form's act was refused."""
        self.rendering = rendering
        """Words for money and time."""

    @property
    def actor(self) -> Actor:
        """Who is signed in."""
        if self.session is None:
            raise Problem("not-signed-in", 401, "Nobody is signed in", "sign in and try again")
        return self.session.actor

    @property
    def may_change(self) -> bool:
        """Whether forms are shown."""
        return self.session is not None and self.session.actor.role == "administrator"

    @property
    def form_token(self) -> str:
        """What forms must send along; empty for who may send none."""
        return self.session.csrf if self.session is not None and self.may_change else ""

    def text(self, name: str) -> str:
        """What was typed into a field, without blanks around it; empty when it was not sent."""
        return self.values.get(name, "").strip()

    def asked(self, name: str) -> str:
        """A value of the URL's query."""
        return self.request.query_params.get(name, "").strip()

    def of_path(self, name: str) -> str:
        """A value in the URL's path."""
        return str(self.request.path_params[name])

    @property
    def key(self) -> str:
        """The idempotency key of the form. Raises `Problem` 400 when none was sent."""
        key = self.text("key")
        if not key:
            detail = "the form came without its key; load the page again and send it once more"
            raise Problem("no-key", 400, "The form is incomplete", detail, None)
        return key[:100]

    def form(self, name: str, *fields: str) -> Form:
        """A form of the page: blank, or as it was sent when it is the one that was refused."""
        if self.values.get("form") != name:
            return Form(name, fields)
        return Form(name, fields, self.values, self.problem)

    def page(
        self,
        template: str,
        *,
        title: str,
        trail: Iterable[tuple[str, str]] = (),
        forms: Iterable[Form] = (),
        status: int | None = None,
        menus: Iterable[Menu] = (),
        **values: Any,
    ) -> Response:
        """A whole page. `forms` those that it shows: a problem that none of them shows stands above.

        `menus`: more of them on the left, below the usual one."""
        shown = {form.name: form for form in forms}
        path = self.request.url.path
        beside = any(form.shows_problem for form in shown.values())
        answer = self.rendering.answer(
            template,
            status or (200 if self.problem is None else self.problem.status),
            title=title,
            trail=tuple(trail),
            forms=shown,
            problem=None if beside else self.problem,
            visitor=self._shown_visitor(),
            may_change=self.may_change,
            toolbar=toolbar(path),
            menus=(*side_menu(path), *menus) if self.session is not None else (),
            said=unquote(self.request.cookies.get(SAID, "")),
            key=secrets.token_urlsafe(18),
            **values,
        )
        if SAID in self.request.cookies:
            answer.delete_cookie(SAID, path="/", httponly=True, samesite="lax")
        retry_after = getattr(self.problem, "retry_after", None)
        if retry_after is not None:
            answer.headers["Retry-After"] = str(retry_after)
        return answer

    def part(self, template: str, **values: Any) -> Response:
        """A part of a page."""
        return self.rendering.answer(
            template, 200, visitor=self._shown_visitor(), may_change=self.may_change, **values
        )

    def go(self, path: str, said: str = "") -> Response:
        """Leads to another page, which says `said` once."""
        answer = RedirectResponse(path, SEE_OTHER)
        if said:
            secure = self.request.url.scheme == "https"
            answer.set_cookie(
                SAID, quote(said), max_age=60, path="/", httponly=True, samesite="lax", secure=secure
            )
        return answer

    def refused(self, problem: Problem) -> Response:
        """A page for what cannot be shown or done."""
        self.problem = problem
        return self.page("refused.html.j2", title=problem.title, status=problem.status, refusal=problem)

    def _shown_visitor(self) -> dict[str, Any] | None:
        if self.session is None:
            return None
        return {"name": self.actor.name, "csrf": self.session.csrf, "may_change": self.may_change}
