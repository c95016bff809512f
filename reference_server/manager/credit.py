"""Money: the Manager's balance, Skype Credit of profiles, adding it, taking it back, and what happened to it.

Quick Start Guide step 4. The ledger is `store.journal`; what running calls have reserved is the trunk's
knowledge. Auto-recharge is `recharges`.
"""

from collections.abc import Callable

from pydantic import BaseModel
from sqlalchemy import Connection

from reference_server.ledger import accounts
from reference_server.ledger.money import MOST
from reference_server.ledger.movement import MONEY, transfer
from reference_server.manager.actor import Actor, may_change
from reference_server.manager.amount import Amount
from reference_server.manager.effects import Effects
from reference_server.manager.means import Means
from reference_server.manager.orders import client_key
from reference_server.manager.problem import Problem, wrong_value
from reference_server.manager.profile_lookup import any_profile
from reference_server.manager.profile_view import ProfileView, RechargeView
from reference_server.manager.recharges import Recharges

LARGEST = 1_000_000 * 1_000_000
"""Micro-units that one order may move: a million."""


class MovementView(BaseModel):
    """A line of a balance's history."""

    id: int
    """For `before`: the page that follows."""
    at: float
    kind: str
    """payment, channels, bundles, number, add-credit, take-back, auto-recharge, call or opening."""
    note: str
    actor: str
    amount: Amount
    """What came (positive) or went (negative)."""
    balance: Amount
    """After the movement."""


class Credit:
    """Money of the Manager and its profiles. Amounts are micro-units. Methods raise `Problem`."""

    def __init__(self, means: Means, recharges: Recharges, view: Callable[[str], ProfileView]) -> None:
        self._means = means
        self._recharges = recharges
        self._view = view

    @property
    def currency(self) -> str:
        """What amounts are in, as "EUR"."""
        return self._means.prices.currency

    def manager_balance(self) -> int:
        """The Manager's balance."""
        with self._means.orders.reading() as connection:
            return self._means.manager_balance(connection)

    def fund_manager(self, actor: Actor, amount: int, key: str) -> int:
        """Adds a payment to the Manager's balance; gives the new one. Auto-recharges that wait are tried."""
        may_change(actor)
        _check_amount(amount)
        order, means = client_key("payment", key), self._means

        def work(connection: Connection, effects: Effects) -> None:
            if means.manager_balance(connection) + amount > MOST:
                raise wrong_value("amount", f"seen {means.text(amount)}; the balance would be too large")
            movement = transfer(
                order,
                "payment",
                means.clock(),
                accounts.PAYMENTS,
                accounts.MANAGER,
                amount,
                note="Payment",
                actor=actor.name,
            )
            means.post(connection, movement)
            means.note(connection, actor, "payment added", "Manager", means.text(amount))

        if means.orders.carry_out(order, f"payment of {means.text(amount)}", work):
            self._recharges.check(means.clock(), again=True)
        return self.manager_balance()

    def add_credit(self, actor: Actor, username: str, amount: int, key: str) -> ProfileView:
        """Moves credit from the Manager's balance to a profile. Raises `Problem` 402 (`manager-balance`)."""
        may_change(actor)
        _check_amount(amount)
        order, means = client_key("add-credit", key), self._means

        def work(connection: Connection, effects: Effects) -> None:
            name = any_profile(connection, username).name
            means.check_manager_balance(connection, amount)
            movement = transfer(
                order,
                "add-credit",
                means.clock(),
                accounts.MANAGER,
                accounts.profile(username),
                amount,
                note=f"Skype Credit for {name or username}",
                actor=actor.name,
            )
            means.post(connection, movement)
            effects.give(username, amount)
            means.note(connection, actor, "credit added", username, means.text(amount))

        means.orders.carry_out(order, f"add {means.text(amount)} to {username}", work)
        return self._view(username)

    def take_back(self, actor: Actor, username: str, amount: int, key: str) -> ProfileView:
        """Moves credit back to the Manager's balance, never what running calls have reserved.

        Raises `Problem` 409 (`not-available`).
        """
        may_change(actor)
        _check_amount(amount)
        order, means = client_key("take-back", key), self._means

        def work(connection: Connection, effects: Effects) -> None:
            name = any_profile(connection, username).name
            if not effects.take(username, amount):
                raise self._not_available(connection, username, amount)
            movement = transfer(
                order,
                "take-back",
                means.clock(),
                accounts.profile(username),
                accounts.MANAGER,
                amount,
                note=f"Skype Credit of {name or username}",
                actor=actor.name,
            )
            means.post(connection, movement)
            means.note(connection, actor, "credit taken back", username, means.text(amount))

        if means.orders.carry_out(order, f"take {means.text(amount)} back from {username}", work):
            self._recharges.check(means.clock(), again=True)
        return self._view(username)

    def recharge(self, username: str) -> RechargeView:
        """Auto-recharge settings of a profile."""
        return self._recharges.get(username)

    def set_recharge(
        self, actor: Actor, username: str, enabled: bool, amount: int, minimum: int
    ) -> RechargeView:
        """Saves the settings; when the minimum is reached already, recharges at once."""
        return self._recharges.save(actor, username, enabled, amount, minimum)

    def history(self, username: str | None, last: int = 50, before: int | None = None) -> list[MovementView]:
        """Movements of a profile's credit, or of the Manager's balance (None), newest first."""
        account = accounts.MANAGER if username is None else accounts.profile(username)
        with self._means.orders.reading() as connection:
            if username is not None:
                any_profile(connection, username)
            rows = self._means.journal.history(connection, account, last, before)
        return [MovementView.model_validate(row._asdict()) for row in rows if row.unit == MONEY]

    def _not_available(self, connection: Connection, username: str, amount: int) -> Problem:
        means = self._means
        available = means.live.available(username)
        reserved = means.journal.balance(connection, accounts.profile(username)) - available
        detail = f"{means.text(available)} can be taken back, not {means.text(amount)}"
        if reserved > 0:
            detail += f"; running calls have reserved {means.text(reserved)}"
        return Problem("not-available", 409, "So much credit is not available", detail, "amount")


def _check_amount(amount: int) -> None:
    if not 0 < amount <= LARGEST:
        raise wrong_value("amount", 'write an amount above 0 and up to 1000000, as "25.00"')
