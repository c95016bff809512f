"""The doors: signing in and out, and the one-time links by which accounts are made.

The first link is printed when the Manager starts for the first time, others are invitations (`people`).
"""

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from reference_server.console.gate import Gate, address_of, is_tls
from reference_server.console.menu import CONNECT
from reference_server.console.visit import SEE_OTHER, Visit
from reference_server.manager.people.password import SHORTEST
from reference_server.manager.people.sessions import Session, cookie_settings
from reference_server.manager.problem import Problem


def entry_routes(gate: Gate) -> list[Route]:
    """The pages for who is not signed in."""
    return [
        gate.page("/", _start),
        gate.page("/sign-in", _sign_in, {"sign-in": _signed_in}, public=True),
        gate.page("/sign-out", _start, {"": _sign_out}, viewers=True),
        gate.page("/invitation/{secret}", _invitation, {"accept": _accept}, public=True),
    ]


async def _start(visit: Visit) -> Response:
    return RedirectResponse(CONNECT, SEE_OTHER)


async def _sign_in(visit: Visit) -> Response:
    if visit.session is not None and visit.problem is None:
        return visit.go(CONNECT)
    form = visit.form("sign-in", "name", "password")
    return visit.page("sign_in.html.j2", title="Sign in", forms=[form], next=visit.asked("next"))


async def _signed_in(visit: Visit) -> Response:
    session = await visit.manager.people.sessions.sign_in(
        visit.text("name"), visit.values.get("password", ""), address_of(visit.request)
    )
    return _entered(visit, session, _own_path(visit.text("next")))


async def _sign_out(visit: Visit) -> Response:
    if visit.session is not None:
        visit.manager.people.sessions.sign_out(visit.session)
    answer = visit.go("/sign-in", "You are signed out.")
    cookie = cookie_settings(tls=is_tls(visit.request))
    answer.delete_cookie(**cookie)
    return answer


async def _invitation(visit: Visit) -> Response:
    invitation = visit.manager.people.invitations.of(visit.of_path("secret"))
    first = invitation.expires is None
    form = visit.form("accept", "name", "password", "again")
    title = "Set up your Skype Manager" if first else "Join this Skype Manager"
    return visit.page(
        "invitation.html.j2",
        title=title,
        forms=[form],
        invitation=invitation,
        first=first,
        shortest=SHORTEST,
    )


async def _accept(visit: Visit) -> Response:
    password = visit.values.get("password", "")
    if password != visit.values.get("again", ""):
        detail = "the two passwords differ; type the same one twice"
        raise Problem("passwords-differ", 422, "The passwords differ", detail, "again")
    people, address = visit.manager.people, address_of(visit.request)
    who = await people.invitations.accept(visit.of_path("secret"), visit.text("name"), password, address)
    return _entered(visit, people.sessions.begin(who, address), CONNECT, f"Welcome, {who.name}.")


def _entered(visit: Visit, session: Session, path: str, said: str = "") -> Response:
    answer = visit.go(path, said)
    answer.set_cookie(value=session.secret, **cookie_settings(tls=is_tls(visit.request)))
    return answer


def _own_path(path: str) -> str:
    """A path of the console, never another site's."""
    wrong = not path.startswith("/") or path[1:2] in ("/", "\\") or any(ord(sign) < 33 for sign in path)
    return CONNECT if wrong else path
