"""One-time links by which people come: the first administrator at the first start, others by invitation.

The link carries a secret that is shown once and kept as a hash; it dies when used, when revoked and, for
invitations, after a week. The link of the first start has no end but is made anew at each start while there
is no administrator.
"""

import random
from collections.abc import Callable

from pydantic import BaseModel
from sqlalchemy import Connection

from reference_server.manager.actor import SYSTEM, Actor, Role, may_change
from reference_server.manager.people.administrators import AdministratorView, check_name, key_of
from reference_server.manager.people.audit import Audit
from reference_server.manager.people.password import Passwords, check_password
from reference_server.manager.people.secret import hash_of, new_secret
from reference_server.manager.problem import Problem
from reference_server.store import administrator_rows, invitation_rows
from reference_server.store.database import Database
from reference_server.store.rows import storable

LIFETIME = 7 * 86_400.0
"""Seconds that an invitation may be used."""


class InvitationView(BaseModel):
    """An invitation that waits to be used."""

    id: int
    role: Role
    note: str
    """For whom, in the words of who made it."""
    created: float
    """Seconds since the epoch."""
    created_by: str
    expires: float | None
    """Seconds since the epoch; null for the link of the first start."""


class Invited(BaseModel):
    """An invitation with its secret, shown this once."""

    invitation: InvitationView
    secret: str
    path: str
    """Of the console's page that takes it."""


class Invitations:
    """The links that wait."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], float],
        rng: random.Random,
        passwords: Passwords,
        audit: Audit,
    ) -> None:
        self._database = database
        self._clock = clock
        self._rng = rng
        self._passwords = passwords
        self._audit = audit

    def first_link(self) -> str | None:
        """The path of a new link to the first administrator's account; None when there is one already."""
        with self._database.begin() as connection:
            invitation_rows.remove_first_links(connection)
            if administrator_rows.count(connection):
                return None
            return self._add(connection, SYSTEM, "administrator", "the first administrator", None).path

    def invite(self, actor: Actor, role: Role, note: str = "") -> Invited:
        """A link for one more person, good for 7 days. Raises `Problem` 403."""
        may_change(actor)
        note = storable(note)[:200]
        with self._database.begin() as connection:
            invited = self._add(connection, actor, role, note, self._clock() + LIFETIME)
            self._audit.note(connection, actor, "invited", note, role)
            return invited

    def list(self) -> list[InvitationView]:
        """Those that can still be used, the oldest first."""
        with self._database.read() as connection:
            return [InvitationView(**row) for row in invitation_rows.living(connection, self._clock())]

    def revoke(self, actor: Actor, id: int) -> None:
        """Makes a link worthless. Raises `Problem` 403, 404."""
        may_change(actor)
        with self._database.begin() as connection:
            if not invitation_rows.remove(connection, id):
                detail = f"no invitation that waits has the id {id}; the list of invitations shows all"
                raise Problem("no-invitation", 404, "There is no such invitation", detail)
            self._audit.note(connection, actor, "invitation revoked", str(id))

    def of(self, secret: str) -> InvitationView:
        """The invitation of a link. Raises `Problem` 404 for one that was used, revoked or is too old."""
        with self._database.read() as connection:
            row = invitation_rows.with_hash(connection, hash_of(secret), self._clock())
        if row is None:
            raise _link_is_worthless()
        return InvitationView(**row)

    async def accept(self, secret: str, name: str, password: str, address: str = "") -> AdministratorView:
        """Makes the account that a link promises. Raises `Problem` 404, 409 (name taken), 422."""
        self.of(secret)
        check_name(name)
        check_password(password, name)
        hashed, now = await self._passwords.hashed(password), self._clock()
        with self._database.begin() as connection:
            row = invitation_rows.with_hash(connection, hash_of(secret), now)
            if row is None or not invitation_rows.remove(connection, row["id"]):
                raise _link_is_worthless()
            if administrator_rows.named(connection, key_of(name)) is not None:
                detail = f"somebody has the name {name} already; choose another"
                raise Problem("name-taken", 409, "The name is taken", detail, "name")
            role, inviter = row["role"], row["created_by"]
            administrator_rows.add(connection, key_of(name), name, hashed, role, now, inviter)
            self._audit.note(
                connection, Actor(name, role, "console", address), "account made", name, f"by {inviter}"
            )
        return AdministratorView(name=name, role=role, created=now, created_by=inviter)

    def _add(
        self, connection: Connection, actor: Actor, role: Role, note: str, expires: float | None
    ) -> Invited:
        secret, now = new_secret(self._rng), self._clock()
        number = invitation_rows.add(connection, hash_of(secret), role, note, now, actor.name, expires)
        view = InvitationView(
            id=number, role=role, note=note, created=now, created_by=actor.name, expires=expires
        )
        return Invited(invitation=view, secret=secret, path=invitation_path(secret))


def invitation_path(secret: str) -> str:
    """Path of the console's page that takes an invitation."""
    return f"/invitation/{secret}"


def _link_is_worthless() -> Problem:
    detail = "this link was used, revoked, or is older than 7 days; ask an administrator for another"
    return Problem("no-invitation", 404, "The link can't be used", detail)
