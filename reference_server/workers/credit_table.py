"""What profiles can spend, shared by all workers of a trunk and still exact: the purse of `rating.credit`.

A row for each profile: what is available, and for each worker what it took and neither gave back nor told to
be spent for good. Taking and giving happen under one lock, so no two workers spend the same credit. When a
worker dies, what it held becomes available again, less what its calls cost (`clear`). The parent adds and
takes credit for the Manager and holds nothing itself.
A worker that dies between a commit and telling of it leaves that commit's charges available until the next
start, which reads the ledger again: some microseconds' worth of calls.
"""

from collections.abc import Mapping
from pathlib import Path

from reference_server.ledger.movement import MONEY
from reference_server.workers.profile_rows import MOST_PROFILES, ProfileRows
from reference_server.workers.shared_file import SharedFile

CELL = 8
"""Bytes."""
UNITS = 2
"""Cells side by side: micro-units of credit, seconds of US minute bundles."""


class CreditTable:
    """The purse of all profiles, as one worker sees it, or (`worker` None) the parent."""

    def __init__(self, path: Path, rows: ProfileRows, workers: int, worker: int | None = None) -> None:
        """Opens the table in the file `path`."""
        self._rows = rows
        self._width = UNITS * (1 + workers)
        self._own = None if worker is None else UNITS * (1 + worker)
        self._file = SharedFile(path, MOST_PROFILES * self._width * CELL)
        self._cells = memoryview(self._file.memory).cast("q")

    # The protocol of `rating.credit.Purse`

    def available(self, username: str) -> int:
        """Micro-units of credit that nobody reserved."""
        return self._cells[self._cell(username, MONEY)]

    def bundle_seconds(self, username: str) -> int:
        """Seconds of US minute bundles that nobody reserved."""
        return self._cells[self._cell(username, "")]

    def take(self, username: str, unit: str, wanted: int, at_least: int) -> int:
        """Takes `wanted`, or what there is if that is `at_least` so much; returns what was taken, else 0."""
        cell = self._cell(username, unit)
        with self._file.locked():
            there = self._cells[cell]
            taken = min(wanted, there)
            if taken < at_least or taken <= 0:
                return 0
            self._cells[cell] = there - taken
            if self._own is not None:
                self._cells[cell + self._own] += taken
        return taken

    def give(self, username: str, unit: str, amount: int) -> None:
        """Gives back what this worker took; the parent adds. Raises ValueError for less than nothing."""
        if amount < 0:
            raise ValueError(f"{amount} {unit} given to {username}; give 0 or more, or take")
        cell = self._cell(username, unit)
        with self._file.locked():
            self._cells[cell] += amount
            if self._own is not None:
                self._cells[cell + self._own] -= amount

    def set(self, username: str, money: int, seconds: int) -> None:
        """Says what is available, at the start of a trunk or of a profile; only the parent's word counts.

        Raises ValueError as `give`.
        """
        if money < 0 or seconds < 0:
            raise ValueError(f"{money} money, {seconds} seconds for {username}; nobody has less than nothing")
        if self._own is not None:
            return
        cell = self._cell(username, MONEY)
        with self._file.locked():
            self._cells[cell], self._cells[cell + 1] = money, seconds

    def forget(self, username: str) -> None:
        """Drops a profile; what its calls give back afterwards is kept in vain."""
        self.set(username, 0, 0)

    # What several processes need besides

    def spend(self, username: str, money: int, seconds: int) -> None:
        """Part of what this worker took has become a charge that is committed."""
        if self._own is None:
            return
        cell = self._cell(username, MONEY) + self._own
        with self._file.locked():
            self._cells[cell] -= money
            self._cells[cell + 1] -= seconds

    def clear(self, worker: int, charges: Mapping[str, tuple[int, int]]) -> None:
        """Makes available what a worker held that died, less `charges`: username -> money and seconds."""
        owed = {self._cell(username, MONEY): charge for username, charge in charges.items()}
        with self._file.locked():
            for row in range(0, len(self._cells), self._width):
                for unit in range(UNITS):
                    cell = row + unit
                    held = row + UNITS * (1 + worker) + unit
                    left = self._cells[cell] + self._cells[held] - owed.get(row, (0, 0))[unit]
                    self._cells[cell], self._cells[held] = max(0, left), 0

    def close(self) -> None:
        """Gives the memory back."""
        self._cells.release()
        self._file.close()

    def _cell(self, username: str, unit: str) -> int:
        """Where what is available stands. Raises `TooManyProfiles`."""
        cell = self._rows.row(username) * self._width
        return cell if unit == MONEY else cell + 1
