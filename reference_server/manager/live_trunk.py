"""What the Manager asks and tells the trunk that runs: an interface, so that services work without one.

`process_trunk` is the trunk of the same process. The ledger (`store.journal`) holds what was paid; what a
profile has *available* now, its balance without what running calls have reserved, only the trunk knows.
"""

from typing import Protocol

from reference_server.control.models import BindingShown, CallOrder, CallShown
from reference_server.ledger.movement import MONEY


class LiveTrunk(Protocol):
    """A running trunk. Amounts are micro-units of money, or seconds where the unit is `SECONDS`."""

    def settle(self) -> None:
        """Writes the charges of calls that ended, so that the ledger has them. Raises `StoreError`."""

    def profile_changed(self, username: str) -> None:
        """Reads the profile anew from the store, or learns that it is gone. Calls in progress go on.

        Raises `StoreError` when it cannot be read; the trunk then works on with what it knew.
        """

    def account_changed(self, name: str) -> None:
        """Reads the business account anew from the store, or learns that it is gone. Raises `StoreError`."""

    def has_account(self, name: str) -> bool:
        """Whether the trunk knows a business account of this name, as one of the settings file."""

    def available(self, username: str, unit: str = MONEY) -> int:
        """What calls may still reserve; 0 for an unknown profile."""

    def take(self, username: str, amount: int, unit: str = MONEY) -> bool:
        """Takes `amount` out of what is available; False, and nothing taken, when there is less."""

    def give(self, username: str, amount: int, unit: str = MONEY) -> None:
        """Adds `amount` to what is available."""

    def channels_used(self, username: str) -> int:
        """Calls that run now, in either direction."""

    def bindings(self, username: str) -> list[BindingShown]:
        """Contacts that are registered now."""

    async def place_call(self, order: CallOrder) -> CallShown:
        """Calls a profile's PBX as a caller from outside. Raises `Problem` 404."""

    async def calls(self) -> list[CallShown]:
        """Calls that live, and those that ended lately."""

    async def call(self, call_id: str) -> CallShown:
        """One of `calls` by its live id. Raises `Problem` 404."""

    async def end_call(self, call_id: str) -> None:
        """Ends a call. Raises `Problem` 404."""
