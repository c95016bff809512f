"""A movement of the ledger: what goes from which accounts to which, in entries that sum up to nothing.

Double entry: an amount that one account gives another one gets, for each unit by itself. Posting is
`store.journal`; who may be overdrawn is the services' rule.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

MONEY = "money"
"""Unit of amounts of money: micro-units of the currency."""
SECONDS = "us-seconds"
"""Unit of amounts of US minute bundles: seconds of calls."""
UNITS = (MONEY, SECONDS)


class UnbalancedMovement(ValueError):
    """A movement whose entries do not sum up to nothing, or say nothing."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(key, reason)
        self.key = key
        self.reason = reason

    def __str__(self) -> str:
        return f"movement {self.key!r}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Entry:
    """What one account gets (above zero) or gives (below)."""

    account: str
    unit: str
    """`MONEY` or `SECONDS`."""
    amount: int


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement. Raises `UnbalancedMovement` when it does not balance."""

    key: str
    """What it is for, the same whenever it is asked for again: a key is posted once."""
    kind: str
    """`call`, `add-credit` and so on."""
    at: float
    """When, seconds since the epoch."""
    note: str
    """For people."""
    actor: str
    """Who asked for it."""
    entries: tuple[Entry, ...]

    def __post_init__(self) -> None:
        if not self.key:
            raise UnbalancedMovement(self.key, "has no key")
        if not self.entries:
            raise UnbalancedMovement(self.key, "has no entries")
        for (account, unit), times in Counter((one.account, one.unit) for one in self.entries).items():
            if times > 1:
                raise UnbalancedMovement(self.key, f"{account} has {times} entries in {unit}")
        for entry in self.entries:
            if entry.unit not in UNITS:
                raise UnbalancedMovement(self.key, f"{entry.unit!r} is no unit")
            if entry.amount == 0:
                raise UnbalancedMovement(self.key, f"the entry of {entry.account} is zero")
        for unit, total in totals(self.entries).items():
            if total != 0:
                raise UnbalancedMovement(self.key, f"its entries in {unit} sum up to {total}, not to 0")


def totals(entries: Iterable[Entry]) -> dict[str, int]:
    """Unit -> sum of the entries in it."""
    sums: dict[str, int] = {}
    for entry in entries:
        sums[entry.unit] = sums.get(entry.unit, 0) + entry.amount
    return sums


def transfer(
    key: str,
    kind: str,
    at: float,
    source: str,
    target: str,
    amount: int,
    unit: str = MONEY,
    note: str = "",
    actor: str = "",
) -> Movement:
    """A movement of `amount` from one account to another. Raises `UnbalancedMovement` unless above zero."""
    if amount <= 0:
        raise UnbalancedMovement(key, f"an amount of {amount} cannot be transferred")
    return Movement(key, kind, at, note, actor, (Entry(source, unit, -amount), Entry(target, unit, amount)))
