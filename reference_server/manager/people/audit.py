"""The audit log: who did what to which, when and from where. Append only; what it says is never a secret.

Services write an entry in the transaction of the change itself, so that there is no change without its entry.
"""

from collections.abc import Callable

from pydantic import BaseModel
from sqlalchemy import Connection

from reference_server.manager.actor import Actor
from reference_server.store import audit_rows
from reference_server.store.database import Database


class AuditEntry(BaseModel):
    """A line of the log."""

    id: int
    at: float
    """Seconds since the epoch."""
    actor: str
    via: str
    """`console`, `token:NAME` or `system`."""
    address: str
    action: str
    """Such as `password revealed`."""
    subject: str
    """What it was done to: a SIP username, a number, a name."""
    detail: str


class Audit:
    """The log."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    def note(self, connection: Connection, actor: Actor, action: str, subject: str, detail: str = "") -> None:
        """Writes an entry in the caller's transaction."""
        audit_rows.add(
            connection,
            at=self._clock(),
            actor=actor.name,
            via=actor.via,
            address=actor.address,
            action=action,
            subject=subject,
            detail=detail,
        )

    def entries(self, last: int = 100, before: int | None = None) -> list[AuditEntry]:
        """The `last` newest entries, newest first; with `before`, those older than that id."""
        with self._database.read() as connection:
            return [AuditEntry(**row) for row in audit_rows.newest(connection, last, before)]
