"""What each profile can still spend: credit in micro-units and seconds of US minute bundles.

Available is the balance without what is reserved for calls in progress. Balances themselves are the ledger's
(`ledger`, `store.journal`); who reserves and gives back is `meter`, who adds credit is the Manager. Several
workers share one purse in `workers.credit_table`, which keeps the same protocol.
"""

from typing import Protocol

from reference_server.ledger.movement import MONEY


class Purse(Protocol):
    """Where what is available lies. Units are `MONEY` and `SECONDS` of `ledger.movement`, amounts whole."""

    def available(self, username: str) -> int:
        """Micro-units of credit that nobody reserved; 0 for a profile unknown here."""

    def bundle_seconds(self, username: str) -> int:
        """Seconds of US minute bundles that nobody reserved; 0 for a profile unknown here."""

    def take(self, username: str, unit: str, wanted: int, at_least: int) -> int:
        """Takes `wanted`, or what there is if that is `at_least` so much; returns what was taken, else 0."""

    def give(self, username: str, unit: str, amount: int) -> None:
        """Puts an amount of 0 or more in, for whatever reason: given back, added, granted."""

    def set(self, username: str, money: int, seconds: int) -> None:
        """Says what is available, at the start of a trunk or of a profile."""

    def forget(self, username: str) -> None:
        """Drops a profile; what its calls give back afterwards is kept in vain."""


class Credit:
    """The purse of a trunk of one process, in memory."""

    __slots__ = ("_money", "_seconds")

    def __init__(self) -> None:
        self._money: dict[str, int] = {}
        self._seconds: dict[str, int] = {}

    def available(self, username: str) -> int:
        """Micro-units of credit that nobody reserved; 0 for a profile unknown here."""
        return self._money.get(username, 0)

    def bundle_seconds(self, username: str) -> int:
        """Seconds of US minute bundles that nobody reserved; 0 for a profile unknown here."""
        return self._seconds.get(username, 0)

    def take(self, username: str, unit: str, wanted: int, at_least: int) -> int:
        """Takes `wanted`, or what there is if that is `at_least` so much; returns what was taken, else 0."""
        purse = self._money if unit == MONEY else self._seconds
        there = purse.get(username, 0)
        taken = wanted if there >= wanted else there
        if taken < at_least or taken <= 0:
            return 0
        purse[username] = there - taken
        return taken

    def give(self, username: str, unit: str, amount: int) -> None:
        """Puts an amount in. Raises ValueError for a negative one."""
        if amount < 0:
            raise ValueError(f"{amount} {unit} given to {username}; give 0 or more, or take")
        purse = self._money if unit == MONEY else self._seconds
        purse[username] = purse.get(username, 0) + amount

    def set(self, username: str, money: int, seconds: int) -> None:
        """Says what is available. Raises ValueError for less than nothing."""
        if money < 0 or seconds < 0:
            raise ValueError(f"{money} money, {seconds} seconds for {username}; nobody has less than nothing")
        self._money[username], self._seconds[username] = money, seconds

    def forget(self, username: str) -> None:
        """Drops a profile; what its calls give back afterwards is kept in vain."""
        self._money.pop(username, None)
        self._seconds.pop(username, None)
