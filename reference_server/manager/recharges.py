"""Auto-recharge: when a profile's available credit falls to its minimum, an amount comes from the Manager.

Quick Start Guide step 4, "Auto-recharge settings". One recharge at a time: when it is not enough, the next
check brings another. While the Manager's balance is too small the profile waits, and is tried again by the
clock and when the balance grows; nothing else is stopped by it.
"""

from sqlalchemy import Connection

from reference_server.ledger import accounts
from reference_server.ledger.movement import transfer
from reference_server.manager.actor import SYSTEM, Actor, may_change
from reference_server.manager.effects import Effects
from reference_server.manager.means import Means
from reference_server.manager.problem import Problem, wrong_value
from reference_server.manager.profile_lookup import any_profile
from reference_server.manager.profile_view import RechargeView
from reference_server.store import recharge_rows
from reference_server.store.recharge_rows import RechargeRow

CHECK_EVERY = 1.0
"""Seconds between two looks at what is available, where auto-recharge is on: a call's window is 60 s."""
RETRY_AFTER = 60.0
"""Seconds until a recharge that the Manager's balance could not pay is tried again."""
LEAST = 1_000_000
"""Micro-units of the smallest amount: one unit of the currency."""
LARGEST = 10_000 * 1_000_000
"""Micro-units of the largest amount and minimum."""
OFF = RechargeRow("", False, 10_000_000, 2_000_000, 0, None)
"""What the form shows where nothing was ever saved."""


class Recharges:
    """Auto-recharge of all profiles. Methods raise `Problem`."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._enabled: dict[str, RechargeRow] | None = None
        """What the rows say, so that the clock needs no database; None: not read yet."""

    def get(self, username: str) -> RechargeView:
        """Settings and state of a profile."""
        with self._means.orders.reading() as connection:
            any_profile(connection, username)
            row = recharge_rows.of(connection, username)
            return self.view(row, self._means.manager_balance(connection))

    def view(self, row: RechargeRow | None, manager_balance: int) -> RechargeView:
        """A row as pages show it."""
        row = row or OFF
        means, retry_at, words = self._means, row.retry_at, "Auto-recharge is off"
        state = "active" if row.enabled else "off"
        if row.enabled:
            words = "Auto-recharge active"
            if manager_balance < row.amount:
                balance = means.text(manager_balance)
                words += f"; but the Manager's balance of {balance} is too small: add money to it"
        if row.enabled and retry_at is not None:
            state = "waiting"
            seconds = max(0, round(retry_at - means.clock()))
            words = (
                f"Auto-recharge waits: the Manager's balance of {means.text(manager_balance)} is less than "
                f"{means.text(row.amount)}; add money to it, or wait for the next try in {seconds} s"
            )
        return RechargeView.model_validate(
            {
                "enabled": row.enabled,
                "amount": row.amount,
                "minimum": row.minimum,
                "state": state,
                "words": words,
                "retry_at": retry_at if state == "waiting" else None,
            }
        )

    def save(self, actor: Actor, username: str, enabled: bool, amount: int, minimum: int) -> RechargeView:
        """Saves the settings; when the minimum is reached already, recharges at once."""
        may_change(actor)
        means = self._means
        if not LEAST <= amount <= LARGEST:
            raise wrong_value("amount", 'write an amount from 1 to 10000, as "10.00"')
        if not 0 <= minimum <= LARGEST:
            raise wrong_value("minimum", 'write an amount from 0 to 10000, as "2.00"')
        with means.orders.changing() as connection:
            any_profile(connection, username)
            old = recharge_rows.of(connection, username) or OFF
            row = RechargeRow(username, enabled, amount, minimum, old.done, None)
            recharge_rows.keep(connection, row)
            words = f"{means.text(amount)} at {means.text(minimum)}" if enabled else "off"
            means.note(connection, actor, "auto-recharge saved", username, words)
        self.forget_cache()
        self.check(means.clock())
        return self.get(username)

    def forget_cache(self) -> None:
        """The rows are others: they are read again."""
        self._enabled = None

    def next_check(self, now: float) -> float | None:
        """When `check` wants to be called; None while no profile has auto-recharge."""
        return now + CHECK_EVERY if self._rows() else None

    def check(self, now: float, again: bool = False) -> None:
        """Recharges each profile that needs it, once. `again`: those that wait are tried before their time.

        What fails is left to the next check.
        """
        try:
            for row in list(self._rows().values()):
                if again or row.retry_at is None or row.retry_at <= now:
                    self._check_one(row, now)
        except Problem:
            self._enabled = None

    def _rows(self) -> dict[str, RechargeRow]:
        if self._enabled is None:
            with self._means.orders.reading() as connection:
                self._enabled = {row.sip_username: row for row in recharge_rows.enabled(connection)}
        return self._enabled

    def _check_one(self, row: RechargeRow, now: float) -> None:
        if self._means.live.available(row.sip_username) <= row.minimum:
            self._recharge(row, now)
        elif row.retry_at is not None:
            self._wait(row, None)  # credit came from elsewhere

    def _recharge(self, row: RechargeRow, now: float) -> None:
        means, username = self._means, row.sip_username
        with means.orders.reading() as connection:
            too_little = means.manager_balance(connection) < row.amount
        if too_little:
            self._wait(row, now + RETRY_AFTER)
            return
        key = f"auto-recharge:{username}:{row.done + 1}"

        def work(connection: Connection, effects: Effects) -> None:
            means.check_manager_balance(connection, row.amount)
            movement = transfer(
                key,
                "auto-recharge",
                now,
                accounts.MANAGER,
                accounts.profile(username),
                row.amount,
                note=f"Auto-recharge for {username}",
                actor=SYSTEM.name,
            )
            means.post(connection, movement)
            recharge_rows.count_one(connection, username)
            effects.give(username, row.amount)
            means.note(connection, SYSTEM, "auto-recharged", username, means.text(row.amount))

        means.orders.carry_out(key, f"recharge {username}", work)
        self._rows()[username] = row._replace(done=row.done + 1, retry_at=None)

    def _wait(self, row: RechargeRow, until: float | None) -> None:
        with self._means.orders.changing() as connection:
            recharge_rows.wait_until(connection, row.sip_username, until)
        self._rows()[row.sip_username] = row._replace(retry_at=until)
