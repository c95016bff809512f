"""Who asks: the token of `Authorization: Bearer`, and the scopes that each route demands of it.

Tokens are `manager.people.tokens`'; that a viewer changes nothing is asked once more by the services.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from reference_server.manager.people.people import People
from reference_server.manager.people.tokens import Bearer, Scope
from reference_server.manager.problem import Problem

SCHEME = HTTPBearer(
    scheme_name="token",
    auto_error=False,
    description="A token of the Manager: console > Tokens, or `harness serve --make-token NAME`.",
)


def _demanded(*scopes: Scope) -> Callable[..., Awaitable[Bearer]]:
    """A dependency that gives who asks. Raises `Problem` 401, or 403 naming the scope that is missing."""

    async def bearer(
        request: Request,
        shown: Annotated[HTTPAuthorizationCredentials | None, Security(SCHEME, scopes=list(scopes))],
    ) -> Bearer:
        found = _bearer_of(request, shown)
        missing = [scope for scope in scopes if scope not in found.scopes]
        if missing:
            has = ", ".join(sorted(found.scopes)) or "none"
            detail = f"this needs the scope {missing[0]}, the token has {has}; make one with that scope"
            raise Problem("missing-scope", 403, "The token has not the scope", detail)
        return found

    return bearer


def _bearer_of(request: Request, shown: HTTPAuthorizationCredentials | None) -> Bearer:
    people: People = request.app.state.people
    if shown is None:
        detail = "seen no token; write the header Authorization: Bearer TOKEN"
        raise Problem("no-token", 401, "A token is needed", detail)
    address = "" if request.client is None else request.client.host
    found = people.tokens.bearer(shown.credentials, address)
    if found is None:
        detail = "seen a token that nobody made, that was revoked or has expired; make another"
        raise Problem("unknown-token", 401, "The token is not valid", detail)
    return found


Reader = Annotated[Bearer, Depends(_demanded("read"))]
ProfileKeeper = Annotated[Bearer, Depends(_demanded("profiles"))]
Cashier = Annotated[Bearer, Depends(_demanded("money"))]
NumberKeeper = Annotated[Bearer, Depends(_demanded("numbers"))]
NumberBuyer = Annotated[Bearer, Depends(_demanded("numbers", "money"))]
AccountKeeper = Annotated[Bearer, Depends(_demanded("accounts"))]
Caller = Annotated[Bearer, Depends(_demanded("calls"))]
PeopleKeeper = Annotated[Bearer, Depends(_demanded("people"))]
"""Who may ask a route, by what it does."""
