"""START HERE: the people of the Manager, as one value with a service for each noun.

No HTTP: the console keeps the session's secret in a cookie, REST takes a token's from `Authorization`. Clock
and randomness are arguments; everything durable lies in the database, only the throttle's memory does not.
"""

import random
from collections.abc import Callable

from reference_server.manager.people.administrators import Administrators
from reference_server.manager.people.audit import Audit
from reference_server.manager.people.invitations import Invitations
from reference_server.manager.people.password import Passwords
from reference_server.manager.people.sessions import Sessions
from reference_server.manager.people.throttle import Throttle
from reference_server.manager.people.tokens import Tokens
from reference_server.store.database import Database


class People:
    """Administrators, sessions, invitations, tokens and the audit log of one Manager."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], float],
        rng: random.Random,
        passwords: Passwords | None = None,
    ) -> None:
        """`rng` makes secrets: `random.SystemRandom()` outside tests. `clock`: seconds since the epoch."""
        passwords = passwords if passwords is not None else Passwords()
        self.throttle = Throttle(clock)
        self.audit = Audit(database, clock)
        self.administrators = Administrators(database, passwords, self.throttle, self.audit)
        self.sessions = Sessions(database, clock, rng, self.administrators, self.audit)
        self.invitations = Invitations(database, clock, rng, passwords, self.audit)
        self.tokens = Tokens(database, clock, rng, self.audit)
