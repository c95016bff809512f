"""The administrators and viewers: who they are, their roles and passwords.

They come by invitation (`invitations`), the first by a one-time link; signing in is `sessions`.
"""

import re

from pydantic import BaseModel

from reference_server.manager.actor import Actor, Role, may_change
from reference_server.manager.people.audit import Audit
from reference_server.manager.people.password import Passwords, check_password
from reference_server.manager.people.throttle import Throttle
from reference_server.manager.problem import Problem
from reference_server.store import administrator_rows, session_rows
from reference_server.store.database import Database

NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}", re.IGNORECASE | re.ASCII)


class AdministratorView(BaseModel):
    """An administrator or viewer."""

    name: str
    role: Role
    created: float
    """Seconds since the epoch."""
    created_by: str
    """Who invited them; `system` for the first."""


class Administrators:
    """The people with a password."""

    def __init__(self, database: Database, passwords: Passwords, throttle: Throttle, audit: Audit) -> None:
        self._database = database
        self._passwords = passwords
        self._throttle = throttle
        self._audit = audit

    def list(self) -> list[AdministratorView]:
        """All, by name."""
        with self._database.read() as connection:
            return [AdministratorView(**row) for row in administrator_rows.all_of_them(connection)]

    def named(self, name: str) -> AdministratorView | None:
        """The one with `name`, in any case."""
        with self._database.read() as connection:
            row = administrator_rows.named(connection, key_of(name))
        return None if row is None else AdministratorView(**row)

    def change_role(self, actor: Actor, name: str, role: Role) -> AdministratorView:
        """Makes somebody an administrator or a viewer. Raises `Problem` 403, 404, 409 (last one stays)."""
        may_change(actor)
        with self._database.begin() as connection:
            row = administrator_rows.named(connection, key_of(name))
            if row is None:
                raise nobody(name)
            if role != "administrator" and administrator_rows.is_last(connection, key_of(name)):
                raise last_one_stays(name)
            administrator_rows.set_role(connection, key_of(name), role)
            self._audit.note(connection, actor, "role changed", row["name"], role)
        return AdministratorView(**{**row, "role": role})

    def remove(self, actor: Actor, name: str) -> None:
        """Removes somebody, with sessions and tokens. Raises `Problem` 403, 404, 409 (the last one stays)."""
        may_change(actor)
        with self._database.begin() as connection:
            row = administrator_rows.named(connection, key_of(name))
            if row is None:
                raise nobody(name)
            if administrator_rows.is_last(connection, key_of(name)):
                raise last_one_stays(name)
            administrator_rows.remove(connection, key_of(name))
            self._audit.note(connection, actor, "administrator removed", row["name"])

    async def signed_in(self, name: str, password: str, address: str) -> AdministratorView:
        """Who has this name and password. Raises `Problem` 401, or `TooSoon` 429.

        Answer and time are the same for a wrong password and for a name that nobody has.
        """
        self._throttle.attempt(name, address)
        with self._database.read() as connection:
            row = administrator_rows.with_password(connection, key_of(name))
        if not await self._passwords.match(None if row is None else row["password"], password) or row is None:
            detail = "no administrator has this name with this password; mind capital letters"
            raise Problem("sign-in-failed", 401, "You could not be signed in", detail)
        self._throttle.succeeded(name, address)
        return AdministratorView(**row)

    async def confirm_password(self, actor: Actor, password: str) -> None:
        """Returns when `password` is the actor's own. Raises `Problem` 403, or `TooSoon` 429."""
        self._throttle.attempt(actor.name, actor.address)
        with self._database.read() as connection:
            row = administrator_rows.with_password(connection, key_of(actor.name))
        if not await self._passwords.match(None if row is None else row["password"], password):
            detail = f"this is not the password of {actor.name}; write the one you sign in with"
            raise Problem("wrong-password", 403, "The password is not yours", detail, "own_password")
        self._throttle.succeeded(actor.name, actor.address)

    async def change_password(self, actor: Actor, old: str, new: str) -> None:
        """Changes the actor's own; all sessions of theirs end. Raises `Problem` 403, 422, or 429."""
        await self.confirm_password(actor, old)
        check_password(new, actor.name)
        hashed = await self._passwords.hashed(new)
        with self._database.begin() as connection:
            administrator_rows.set_password(connection, key_of(actor.name), hashed)
            session_rows.remove_all_of(connection, key_of(actor.name))
            self._audit.note(connection, actor, "password changed", actor.name)


def key_of(name: str) -> str:
    """What makes two names the same."""
    return name.casefold()[:64]


def check_name(name: str) -> None:
    """Returns when `name` will do for an administrator. Raises `Problem` 422."""
    if NAME.fullmatch(name) is None:
        detail = (
            f"seen {name[:80]!r}; write 2 to 64 letters, digits, dots, dashes, underscores or @, "
            "beginning with a letter or digit"
        )
        raise Problem("wrong-name", 422, "The name can't be used", detail, "name")


def nobody(name: str) -> Problem:
    """404 for a name that nobody has."""
    detail = f"nobody has the name {name[:80]!r}; the list of administrators shows all"
    return Problem("no-administrator", 404, "There is no such administrator", detail)


def last_one_stays(name: str) -> Problem:
    """409 for the last administrator."""
    detail = f"{name} is the last administrator; make somebody else one first"
    return Problem("last-administrator", 409, "The last administrator stays", detail)
