"""What the running trunk is told when a transaction has succeeded, or gets back when it has not."""

from reference_server.ledger.movement import MONEY
from reference_server.manager.live_trunk import LiveTrunk


class Effects:
    """Collected while an order is carried out; `apply` or `undo` once, afterwards."""

    def __init__(self, live: LiveTrunk) -> None:
        self._live = live
        self._taken: list[tuple[str, int, str]] = []
        self._given: list[tuple[str, int, str]] = []
        self.changed: dict[str, None] = {}
        """SIP usernames of profiles that the trunk has to read anew, in order."""

    def take(self, username: str, amount: int, unit: str = MONEY) -> bool:
        """Takes `amount` out of what is available at once, before the ledger has it: no call can spend it
        meanwhile. False when there is less."""
        if amount > 0 and not self._live.take(username, amount, unit):
            return False
        self._taken.append((username, amount, unit))
        return True

    def give(self, username: str, amount: int, unit: str = MONEY) -> None:
        """Makes `amount` available once the ledger has it."""
        self._given.append((username, amount, unit))

    def change(self, username: str) -> None:
        """The profile's rows are others."""
        self.changed[username] = None

    def apply(self) -> None:
        """The transaction has succeeded."""
        for username, amount, unit in self._given:
            if amount:
                self._live.give(username, amount, unit)

    def undo(self) -> None:
        """Nothing was written."""
        for username, amount, unit in self._taken:
            if amount:
                self._live.give(username, amount, unit)
