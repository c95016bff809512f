"""What every service of the Manager works with: database, ledger, running trunk, prices, clock, time zone."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from reference_server.ledger import accounts
from reference_server.ledger.money import money_text
from reference_server.ledger.movement import Movement
from reference_server.manager.actor import Actor
from reference_server.manager.calendar import Calendar
from reference_server.manager.live_trunk import LiveTrunk
from reference_server.manager.orders import Orders
from reference_server.manager.people.people import People
from reference_server.manager.problem import Problem
from reference_server.rating.prices import Prices
from reference_server.store.journal import Journal
from reference_server.store.vault import Vault


@dataclass(frozen=True, slots=True)
class Means:
    """Handed to each service once."""

    orders: Orders
    calendar: Calendar
    journal: Journal
    vault: Vault
    live: LiveTrunk
    people: People
    prices: Prices
    clock: Callable[[], float]
    """Seconds since the epoch."""
    zone: ZoneInfo
    """Where days and months begin."""
    rng: random.Random

    def note(self, connection: Connection, actor: Actor, action: str, subject: str, detail: str = "") -> None:
        """Writes to the audit log, in the transaction of the change itself."""
        self.people.audit.note(connection, actor, action, subject, detail)

    def text(self, amount: int) -> str:
        """An amount for people, as "25.00 EUR"."""
        return f"{money_text(amount)} {self.prices.currency}"

    def manager_balance(self, connection: Connection) -> int:
        """The Manager's balance."""
        return self.journal.balance(connection, accounts.MANAGER)

    def check_manager_balance(self, connection: Connection, cost: int) -> None:
        """Returns when the Manager's balance pays `cost`. Raises `Problem` 402."""
        balance = self.manager_balance(connection)
        if balance < cost:
            detail = (
                f"it is {self.text(balance)}, and this takes {self.text(cost)}: "
                f"add at least {self.text(cost - balance)} to it first"
            )
            raise Problem("manager-balance", 402, "The Manager's balance is too small", detail)

    def post(self, connection: Connection, movement: Movement) -> None:
        """Posts a movement; no balance that may not be is below zero afterwards.

        Raises `Overdrawn`, or `Problem` 409 when its key was posted for another order.
        """
        watched = [
            entry.account for entry in movement.entries if not accounts.may_be_overdrawn(entry.account)
        ]
        if not self.journal.post(connection, movement, never_below=watched):
            detail = f"the ledger has a movement with the key {movement.key!r} already"
            raise Problem("key-reused", 409, "The key was used before", detail, "key")
