"""Who acts on the Manager: an administrator in the console, a token over REST, or the system itself.

Services take an actor as their first argument and ask `may_change` before they change anything. Who signed in
is found by `people`; what a token's scopes allow is asked by `rest`.
"""

from dataclasses import dataclass
from typing import Literal

from reference_server.manager.problem import Problem

Role = Literal["administrator", "viewer"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who wants something done, as the audit log will show it."""

    name: str
    """Name of the administrator or viewer; of a token without an owner, the token's."""
    role: Role
    via: str
    """`console`, `token:NAME` or `system`."""
    address: str = ""
    """Where the request came from; empty for the system."""


SYSTEM = Actor("system", "administrator", "system")
"""Renewals, recharges and what else the clock does."""


def may_change(actor: Actor) -> None:
    """Returns when `actor` may change things. Raises `Problem` 403 for a viewer."""
    if actor.role != "administrator":
        raise Problem(
            "viewer",
            403,
            "Viewers only look",
            f"{actor.name} is a viewer; ask an administrator to do this, or for the role of administrator",
        )
