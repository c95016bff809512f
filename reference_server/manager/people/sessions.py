"""Sessions of people who signed in: a random secret in a cookie, its hash in the database.

A session ends when idle, at its absolute age, at sign-out, when the password changes and when its owner is
removed. Each has a CSRF token that forms must show, made from the secret: whoever can't read the page hasn't
got it. The console sets the cookie (`cookie_settings`); how often one may try to sign in says `throttle`.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypedDict

from reference_server.manager.actor import Actor
from reference_server.manager.people.administrators import Administrators, AdministratorView, key_of
from reference_server.manager.people.audit import Audit
from reference_server.manager.people.secret import derived, hash_of, new_secret, same
from reference_server.manager.problem import Problem
from reference_server.store import session_rows
from reference_server.store.database import Database

IDLE = 30 * 60.0
"""Seconds without a request after which a session is over."""
ABSOLUTE = 12 * 3600.0
"""Seconds after which a session is over, used or not."""
SEEN_EVERY = 60.0
"""Seconds between two writes of when a session was last used."""


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who signed in."""

    secret: str
    """What the cookie holds."""
    csrf: str
    """What forms must send along."""
    actor: Actor


class CookieSettings(TypedDict):
    """Arguments of Starlette's `Response.set_cookie`, without the value."""

    key: str
    path: str
    httponly: Literal[True]
    samesite: Literal["lax"]
    secure: bool


def cookie_settings(*, tls: bool) -> CookieSettings:
    """How the session cookie is set; under TLS with the prefix that binds it to the host (RFC 6265bis)."""
    name = "__Host-manager" if tls else "manager"
    return CookieSettings(key=name, path="/", httponly=True, samesite="lax", secure=tls)


class Sessions:
    """The sessions that live."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], float],
        rng: random.Random,
        administrators: Administrators,
        audit: Audit,
    ) -> None:
        self._database = database
        self._clock = clock
        self._rng = rng
        self._administrators = administrators
        self._audit = audit

    async def sign_in(self, name: str, password: str, address: str) -> Session:
        """Signs somebody in. Raises `Problem` 401, or `TooSoon` 429 (with `retry_after`)."""
        return self.begin(await self._administrators.signed_in(name, password, address), address)

    def begin(self, who: AdministratorView, address: str) -> Session:
        """A session for somebody whose name is proved; sessions that are over are forgotten."""
        secret, now = new_secret(self._rng), self._clock()
        actor = Actor(who.name, who.role, "console", address)
        with self._database.begin() as connection:
            session_rows.forget_old(connection, seen_before=now - IDLE, created_before=now - ABSOLUTE)
            session_rows.add(connection, hash_of(secret), key_of(who.name), now, address)
            self._audit.note(connection, actor, "signed in", who.name)
        return Session(secret, derived(secret, "csrf"), actor)

    def of(self, secret: str, address: str) -> Session | None:
        """The session of a cookie; None when there is none or it is over."""
        now = self._clock()
        with self._database.read() as connection:
            row = session_rows.living(connection, hash_of(secret), now - IDLE, now - ABSOLUTE)
        if row is None:
            return None
        if now - row["seen"] >= SEEN_EVERY:
            with self._database.begin() as connection:
                session_rows.set_seen(connection, hash_of(secret), now)
        actor = Actor(row["name"], row["role"], "console", address)
        return Session(secret, derived(secret, "csrf"), actor)

    def sign_out(self, session: Session) -> None:
        """Ends `session`."""
        with self._database.begin() as connection:
            if session_rows.remove(connection, hash_of(session.secret)):
                self._audit.note(connection, session.actor, "signed out", session.actor.name)

    def sign_out_everywhere(self, actor: Actor) -> None:
        """Ends all sessions of the actor."""
        with self._database.begin() as connection:
            session_rows.remove_all_of(connection, key_of(actor.name))
            self._audit.note(connection, actor, "signed out everywhere", actor.name)


def check_csrf(session: Session, shown: str | None) -> None:
    """Returns when a form showed the token of the session. Raises `Problem` 403."""
    if shown is None or not same(session.csrf, shown):
        detail = "the form is not of this session; load the page again and send it once more"
        raise Problem("wrong-csrf-token", 403, "The form is out of date", detail)
