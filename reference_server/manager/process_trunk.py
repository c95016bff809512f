"""The running trunk of this very process, as the Manager's `LiveTrunk`."""

from collections.abc import Callable

from fastapi import HTTPException

from reference_server.control.desk import ControlDesk
from reference_server.control.models import BindingShown, CallOrder, CallShown, ProfileShown
from reference_server.ledger.movement import MONEY
from reference_server.manager.problem import Problem, not_found
from reference_server.profile import Profile
from reference_server.settings import AccountSettings
from reference_server.store import account_rows
from reference_server.store.store import Store
from reference_server.store.store_error import StoreError
from reference_server.store.vault import WrongKey
from reference_server.trunk import Trunk


class ProcessTrunk:
    """One trunk, asked and told directly. To be used in the trunk's own loop."""

    def __init__(self, trunk: Trunk, store: Store, desk: ControlDesk, clock: Callable[[], float]) -> None:
        """`desk` and `clock` are those of the control API."""
        self._trunk = trunk
        self._store = store
        self._desk = desk
        self._clock = clock

    def settle(self) -> None:
        """Writes the charges of calls that ended, so that the ledger has them. Raises `StoreError`."""
        self._store.commit()

    def profile_changed(self, username: str) -> None:
        """Reads the profile anew from the store, or learns that it is gone. Raises `StoreError`."""
        settings = self._store.profile(username)
        if settings is None:
            self._trunk.drop_profile(username)
        else:
            self._trunk.take_profile(settings)

    def account_changed(self, name: str) -> None:
        """Reads the business account anew from the store, or learns that it is gone. Raises `StoreError`."""
        database = self._store.database
        with database.read() as connection:
            row = account_rows.named(connection, name)
        if row is None:
            self._trunk.drop_account(name)
            return
        try:
            password = database.vault.decrypt(row.password)
        except WrongKey:
            reason = f"the password of account {row.name} was encrypted with another key"
            raise StoreError(f"{database.place}: {reason}; give it another one") from None
        self._trunk.take_account(AccountSettings(name=row.name, display=row.display, password=password))

    def has_account(self, name: str) -> bool:
        """Whether the trunk knows a business account of this name."""
        return self._trunk.parts.community.accounts.named(name) is not None

    def available(self, username: str, unit: str = MONEY) -> int:
        """What calls may still reserve; 0 for an unknown profile."""
        credit = self._trunk.credit
        return credit.available(username) if unit == MONEY else credit.bundle_seconds(username)

    def take(self, username: str, amount: int, unit: str = MONEY) -> bool:
        """Takes `amount` out of what is available; False, and nothing taken, when there is less."""
        return self._trunk.credit.take(username, unit, amount, amount) == amount

    def give(self, username: str, amount: int, unit: str = MONEY) -> None:
        """Adds `amount` to what is available."""
        self._trunk.credit.give(username, unit, amount)

    def channels_used(self, username: str) -> int:
        """Calls that run now, in either direction."""
        profile = self._profile(username)
        return 0 if profile is None else self._trunk.parts.channels.used(profile)

    def bindings(self, username: str) -> list[BindingShown]:
        """Contacts that are registered now."""
        profile, now = self._profile(username), self._clock()
        if profile is None:
            return []
        rows = self._trunk.parts.registrar.bindings(profile, now)
        return ProfileShown.of(profile, rows, 0, self._trunk.credit, now).bindings

    async def place_call(self, order: CallOrder) -> CallShown:
        """Calls a profile's PBX as a caller from outside. Raises `Problem` 404."""
        try:
            return await self._desk.place_call(order)
        except HTTPException as error:
            raise not_found(str(error.detail)) from None

    async def calls(self) -> list[CallShown]:
        """Calls that live, and those that ended lately."""
        return await self._desk.calls()

    async def call(self, call_id: str) -> CallShown:
        """One of `calls` by its live id. Raises `Problem` 404."""
        try:
            return await self._desk.call(call_id)
        except HTTPException:
            raise _no_call(call_id) from None

    async def end_call(self, call_id: str) -> None:
        """Ends a call. Raises `Problem` 404."""
        try:
            await self._desk.end_call(call_id)
        except HTTPException:
            raise _no_call(call_id) from None

    def _profile(self, username: str) -> Profile | None:
        return self._trunk.parts.profiles.named(username)


def _no_call(call_id: str) -> Problem:
    return not_found(f"no call has the id {call_id[:40]}; what ended long ago is in the call records")
