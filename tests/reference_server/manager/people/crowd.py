"""People on a database in memory, with a clock that tests set, cheap hashes, and randomness from a seed."""

import asyncio
import random
from collections.abc import Coroutine
from typing import Any, TypeVar

from argon2 import PasswordHasher

from reference_server.manager.actor import Actor
from reference_server.manager.people.password import Passwords
from reference_server.manager.people.people import People
from reference_server.store.database import Database

START = 1_700_000_000.0
PASSWORD = "correct horse battery"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

Result = TypeVar("Result")


def await_(work: Coroutine[Any, Any, Result]) -> Result:
    """What an async service gives."""
    return asyncio.run(work)


class Crowd:
    """Some people with a clock: `ada` is the first administrator."""

    def __init__(self, *, first: bool = True, url: str = "sqlite://") -> None:
        """`first`: with her; `url`: of an empty database."""
        self.now = START
        self.database = Database(url)
        self.people = People(self.database, lambda: self.now, random.Random(5), Passwords(CHEAP))
        if first:
            link = self.people.invitations.first_link()
            assert link is not None
            self.accept(link.rpartition("/")[2], "Ada")

    def accept(self, secret: str, name: str) -> None:
        """Somebody uses a link."""
        await_(self.people.invitations.accept(secret, name, PASSWORD))

    def add(self, name: str, role: Any) -> Actor:
        """Invites somebody, who accepts."""
        self.accept(self.people.invitations.invite(ADA, role).secret, name)
        return Actor(name, role, "console", "192.0.2.7")

    def actions(self) -> list[str]:
        """What the audit log tells, the newest first."""
        return [entry.action for entry in self.people.audit.entries()]


ADA = Actor("Ada", "administrator", "console", "192.0.2.1")
