"""People: administrators and viewers, invitations, tokens for programs, and one's own account."""

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from reference_server.console.gate import Gate
from reference_server.console.visit import SEE_OTHER, Visit
from reference_server.manager.actor import Role
from reference_server.manager.people.password import SHORTEST
from reference_server.manager.people.tokens import SCOPES
from reference_server.manager.problem import Problem, wrong_value

PEOPLE = "/people"
TOKENS = "/people/tokens"
ME = "/people/me"
LIFETIMES = {"": None, "30": 30 * 86_400.0, "90": 90 * 86_400.0, "365": 365 * 86_400.0}
"""Days that a token may live, as chosen, in seconds."""


def people_routes(gate: Gate) -> list[Route]:
    """The three pages and their forms."""
    acts = {"invite": _invite, "revoke": _revoke, "role": _change_role, "remove": _remove}
    own = {"password": _change_password, "everywhere": _sign_out_everywhere}
    return [
        gate.page(PEOPLE, _people, acts),
        gate.page(TOKENS, _tokens, {"make": _make_token, "revoke": _revoke_token}, viewers=True),
        gate.page(ME, _me, own, viewers=True),
    ]


async def _people(visit: Visit) -> Response:
    return _people_page(visit, "")


def _people_page(visit: Visit, link: str) -> Response:
    people = visit.manager.people
    return visit.page(
        "people.html.j2",
        title="Administrators",
        forms=[visit.form("invite", "note")],
        administrators=people.administrators.list(),
        invitations=people.invitations.list(),
        link=link,
    )


async def _invite(visit: Visit) -> Response:
    invited = visit.manager.people.invitations.invite(
        visit.actor, _role(visit.text("role")), visit.text("note")[:200]
    )
    base = f"{visit.request.url.scheme}://{visit.request.url.netloc}"
    return _people_page(visit, base + invited.path)


async def _revoke(visit: Visit) -> Response:
    visit.manager.people.invitations.revoke(visit.actor, _id(visit))
    return visit.go(PEOPLE, "The invitation is worthless now.")


async def _change_role(visit: Visit) -> Response:
    who = visit.manager.people.administrators.change_role(
        visit.actor, visit.text("name"), _role(visit.text("role"))
    )
    return visit.go(PEOPLE, f"{who.name} is {_article(who.role)} now.")


async def _remove(visit: Visit) -> Response:
    name = visit.text("name")
    visit.manager.people.administrators.remove(visit.actor, name)
    return visit.go(PEOPLE, f"{name} is removed, with all sessions and tokens.")


async def _tokens(visit: Visit) -> Response:
    return _tokens_page(visit, "")


def _tokens_page(visit: Visit, secret: str) -> Response:
    return visit.page(
        "tokens.html.j2",
        title="Tokens",
        forms=[visit.form("make", "name", "scopes")],
        tokens=visit.manager.people.tokens.list(),
        scopes=SCOPES if visit.may_change else ("read",),
        chosen=visit.lists.get("scopes", ["read"]),
        secret=secret,
    )


async def _make_token(visit: Visit) -> Response:
    made = visit.manager.people.tokens.make(
        visit.actor,
        visit.text("name"),
        visit.lists.get("scopes", []),
        LIFETIMES.get(visit.text("lifetime"), LIFETIMES["30"]),
    )
    return _tokens_page(visit, made.secret)


async def _revoke_token(visit: Visit) -> Response:
    visit.manager.people.tokens.revoke(visit.actor, _id(visit))
    return visit.go(TOKENS, "The token is worthless now.")


async def _me(visit: Visit) -> Response:
    form = visit.form("password", "own_password", "password", "again")
    return visit.page("me.html.j2", title="Your account", forms=[form], shortest=SHORTEST)


async def _change_password(visit: Visit) -> Response:
    new = visit.values.get("password", "")
    if new != visit.values.get("again", ""):
        detail = "the two passwords differ; type the same one twice"
        raise Problem("passwords-differ", 422, "The passwords differ", detail, "again")
    old = visit.values.get("own_password", "")
    await visit.manager.people.administrators.change_password(visit.actor, old, new)
    return visit.go("/sign-in", "Your password is changed. Sign in with the new one.")


async def _sign_out_everywhere(visit: Visit) -> Response:
    visit.manager.people.sessions.sign_out_everywhere(visit.actor)
    return RedirectResponse("/sign-in", SEE_OTHER)


def _role(text: str) -> Role:
    """A role that was chosen. Raises `Problem` 422."""
    if text == "administrator":
        return "administrator"
    if text == "viewer":
        return "viewer"
    raise wrong_value("role", f"seen {text[:40]!r}; choose administrator or viewer")


def _article(role: Role) -> str:
    return "an administrator" if role == "administrator" else "a viewer"


def _id(visit: Visit) -> int:
    typed = visit.text("id")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 16 else 0
