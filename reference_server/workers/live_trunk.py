"""A trunk of several workers as the Manager's `LiveTrunk`, in the parent: it counts with them and tells them.

Channels and credit are in tables that all processes share, so these answers are exact. What changed is told
to each worker, which reads it from the database; one that is away reads all when it starts. What only a
worker sees, its packets, comes by `packet_watch`.
"""

import asyncio
import sys
from collections.abc import Callable, Iterable, Sequence

from fastapi import HTTPException

from reference_server.control.models import BindingShown, CallOrder, CallShown
from reference_server.ledger.movement import MONEY
from reference_server.manager.problem import Problem, not_found
from reference_server.settings import AccountSettings
from reference_server.store import account_rows
from reference_server.store.store import Store
from reference_server.workers.channel_table import ChannelTable
from reference_server.workers.credit_table import CreditTable
from reference_server.workers.desk import WorkersDesk
from reference_server.workers.remote_desk import AWAY, RemoteDesk


class WorkersTrunk:
    """All workers of a trunk, asked and told together. To be used in the parent's loop."""

    def __init__(
        self,
        store: Store,
        channels: ChannelTable,
        credit: CreditTable,
        desks: Sequence[RemoteDesk],
        desk: WorkersDesk,
        accounts: Iterable[AccountSettings],
        clock: Callable[[], float],
    ) -> None:
        """`store` is the parent's own; `accounts` are those of the settings file."""
        self._store = store
        self._channels = channels
        self._credit = credit
        self._desks = desks
        self._desk = desk
        self._accounts = {account.name for account in accounts}
        self._clock = clock
        self._known = {profile.sip_username for profile in store.profiles()}
        self._telling: set[asyncio.Task[None]] = set()

    def settle(self) -> None:
        """Nothing: each worker has written a call's charge before it answered the BYE."""

    def profile_changed(self, username: str) -> None:
        """Lets all workers read the profile anew. Raises `StoreError`."""
        is_there = self._store.profile(username) is not None
        if is_there and username not in self._known:
            self._credit.set(username, *self._store.spendable(username))
            self._known.add(username)
        elif not is_there and username in self._known:
            self._credit.forget(username)
            self._known.discard(username)
        self._tell_all("profile_changed", username)

    def account_changed(self, name: str) -> None:
        """Lets all workers read the business account anew."""
        self._tell_all("account_changed", name)

    def has_account(self, name: str) -> bool:
        """Whether the trunk knows a business account of this name. Raises `StoreError`."""
        if name in self._accounts:
            return True
        with self._store.database.read() as connection:
            return account_rows.named(connection, name) is not None

    def available(self, username: str, unit: str = MONEY) -> int:
        """What calls may still reserve; 0 for an unknown profile."""
        if username not in self._known:
            return 0
        credit = self._credit
        return credit.available(username) if unit == MONEY else credit.bundle_seconds(username)

    def take(self, username: str, amount: int, unit: str = MONEY) -> bool:
        """Takes `amount` out of what is available; False, and nothing taken, when there is less."""
        return self._credit.take(username, unit, amount, amount) == amount

    def give(self, username: str, amount: int, unit: str = MONEY) -> None:
        """Adds `amount` to what is available."""
        self._credit.give(username, unit, amount)

    def channels_used(self, username: str) -> int:
        """Calls that run now, in either direction."""
        return self._channels.used(username) if username in self._known else 0

    def bindings(self, username: str) -> list[BindingShown]:
        """Contacts that are registered now, as the workers wrote them down. Raises `StoreError`."""
        now = self._clock()
        return [BindingShown.of(row, now) for row in self._store.bindings_of(username, now)]

    async def place_call(self, order: CallOrder) -> CallShown:
        """Calls a profile's PBX as a caller from outside. Raises `Problem` 404 or 503."""
        try:
            return await self._desk.place_call(order)
        except HTTPException as error:
            raise _problem(error) from None

    async def calls(self) -> list[CallShown]:
        """Calls that live, and those that ended lately. Raises `Problem` 503."""
        try:
            return await self._desk.calls()
        except HTTPException as error:
            raise _problem(error) from None

    async def call(self, call_id: str) -> CallShown:
        """One of `calls` by its live id. Raises `Problem` 404 or 503."""
        try:
            return await self._desk.call(call_id)
        except HTTPException as error:
            raise _problem(error) from None

    async def end_call(self, call_id: str) -> None:
        """Ends a call. Raises `Problem` 404 or 503."""
        try:
            await self._desk.end_call(call_id)
        except HTTPException as error:
            raise _problem(error) from None

    def _tell_all(self, what: str, name: str) -> None:
        for desk in self._desks:
            task = asyncio.get_running_loop().create_task(self._told(desk, what, name))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    async def _told(self, desk: RemoteDesk, what: str, name: str) -> None:
        try:
            await desk.tell(what, name)
        except HTTPException as error:
            if error.status_code != AWAY:  # else it reads all when it starts
                message = f"reference_server: worker {desk.worker} did not take {name}: {error.detail}"
                print(message, file=sys.stderr, flush=True)


def _problem(error: HTTPException) -> Problem:
    if error.status_code == AWAY:
        return Problem("unavailable", AWAY, "Ask again in a second", str(error.detail))
    return not_found(str(error.detail))
