"""Tokens for programs that use REST: a name, scopes, perhaps an end; the secret is shown once.

A token acts in its owner's name and never with more rights than its owner has: it dies with the owner's
account, and a viewer's only reads. One made on the command line has no owner. Asking whether a scope is there
is `rest`'s work.
"""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from pydantic import BaseModel

from reference_server.manager.actor import Actor, Role, may_change
from reference_server.manager.people.administrators import key_of
from reference_server.manager.people.audit import Audit
from reference_server.manager.people.secret import hash_of, new_secret
from reference_server.manager.problem import Problem
from reference_server.store import token_rows
from reference_server.store.database import Database

Scope = Literal["read", "profiles", "money", "numbers", "accounts", "calls", "people"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
PREFIX = "rtm_"
"""So that a token is known for one where it lies about."""
USED_EVERY = 60.0
"""Seconds between two writes of when a token was last used."""


class TokenView(BaseModel):
    """A token, without its secret."""

    id: int
    name: str
    scopes: list[Scope]
    owner: str | None
    """Who it acts for; null when it was made on the command line."""
    created: float
    """Seconds since the epoch."""
    created_by: str
    expires: float | None
    used: float | None
    """When it was last used, to the minute."""


class MadeToken(BaseModel):
    """A token with its secret, shown this once."""

    token: TokenView
    secret: str


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who sent a token."""

    id: int
    actor: Actor
    scopes: frozenset[Scope]


class Tokens:
    """The tokens that can be used."""

    def __init__(
        self, database: Database, clock: Callable[[], float], rng: random.Random, audit: Audit
    ) -> None:
        self._database = database
        self._clock = clock
        self._rng = rng
        self._audit = audit

    def make(
        self,
        actor: Actor,
        name: str,
        scopes: Iterable[str],
        lifetime: float | None = None,
        *,
        owned: bool = True,
    ) -> MadeToken:
        """A new token; `lifetime` in seconds. Raises `Problem` 403 (a viewer's only reads), 422."""
        wanted = _checked(scopes)
        if wanted != ["read"]:
            may_change(actor)
        if not 1 <= len(name) <= 64 or not name.isprintable():
            detail = f"seen {name[:80]!r}; write what the token is for, in 1 to 64 characters"
            raise Problem("wrong-name", 422, "The token needs a name", detail, "name")
        secret, now = PREFIX + new_secret(self._rng), self._clock()
        expires = None if lifetime is None else now + lifetime
        owner = key_of(actor.name) if owned else None
        with self._database.begin() as connection:
            number = token_rows.add(
                connection, hash_of(secret), name, " ".join(wanted), owner, now, actor.name, expires
            )
            self._audit.note(connection, actor, "token made", name, " ".join(wanted))
        view = TokenView(
            id=number,
            name=name,
            scopes=wanted,
            owner=actor.name if owned else None,
            created=now,
            created_by=actor.name,
            expires=expires,
            used=None,
        )
        return MadeToken(token=view, secret=secret)

    def list(self) -> list[TokenView]:
        """All that were not revoked, the oldest first."""
        with self._database.read() as connection:
            return [_view(row) for row in token_rows.all_of_them(connection)]

    def revoke(self, actor: Actor, id: int) -> None:
        """Makes a token worthless; a viewer may do so with their own. Raises `Problem` 403, 404."""
        with self._database.begin() as connection:
            row = token_rows.with_id(connection, id)
            if row is None:
                detail = f"no token has the id {id}; the list of tokens shows all"
                raise Problem("no-token", 404, "There is no such token", detail)
            if row["owner"] != key_of(actor.name):
                may_change(actor)
            token_rows.remove(connection, id)
            self._audit.note(connection, actor, "token revoked", row["name"])

    def bearer(self, secret: str, address: str) -> Bearer | None:
        """Who sent `secret`; None when it is no token, or one that ended."""
        now = self._clock()
        with self._database.read() as connection:
            row = token_rows.with_hash(connection, hash_of(secret), now)
        if row is None:
            return None
        if row["used"] is None or now - row["used"] >= USED_EVERY:
            with self._database.begin() as connection:
                token_rows.set_used(connection, row["id"], now)
        role: Role = row["owner_role"] or "administrator"
        scopes = frozenset(_view(row).scopes)
        if role == "viewer":
            scopes &= {"read"}
        return Bearer(
            row["id"], Actor(row["owner_name"] or row["name"], role, f"token:{row['name']}", address), scopes
        )


def _checked(scopes: Iterable[str]) -> list[Scope]:
    """Scopes in their usual order. Raises `Problem` 422."""
    seen = set(scopes)
    unknown = sorted(seen - set(SCOPES))
    if unknown or not seen:
        what = f"no such scope as {unknown[0][:80]!r}" if unknown else "no scope"
        detail = f"seen {what}; choose from {', '.join(SCOPES)}"
        raise Problem("wrong-scope", 422, "A token needs scopes", detail, "scopes")
    return [scope for scope in SCOPES if scope in seen]


def _view(row: dict[str, Any]) -> TokenView:
    return TokenView(
        id=row["id"],
        name=row["name"],
        scopes=row["scopes"].split(" "),
        owner=row["owner_name"],
        created=row["created"],
        created_by=row["created_by"],
        expires=row["expires"],
        used=row["used"],
    )
