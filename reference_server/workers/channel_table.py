"""Channels in use, counted by all workers of a trunk together and still exact.

A row for each profile, a cell for each worker. Taking one adds the row up under a lock, so that no two
workers take the last channel. Each worker writes only its own cells: when one dies, its column is cleared
and its channels are free. Which call holds a channel is `channels.Channels`' knowledge.
"""

from contextlib import AbstractContextManager
from pathlib import Path

from reference_server.workers.profile_rows import MOST_PROFILES, ProfileRows
from reference_server.workers.shared_file import SharedFile

CELL = 4
"""Bytes."""


class ChannelTable:
    """The counts of all profiles, as one worker (or the parent, worker 0's place) sees them."""

    def __init__(self, path: Path, rows: ProfileRows, workers: int, worker: int = 0) -> None:
        """Opens the table in the file `path`."""
        self._rows = rows
        self._workers = workers
        self._worker = worker
        self._file = SharedFile(path, MOST_PROFILES * workers * CELL)
        self._cells = memoryview(self._file.memory).cast("I")

    def take(self, username: str, limit: int) -> int:
        """Takes a channel if fewer than `limit` are in use; returns how many were in use before.

        Raises `TooManyProfiles` for one profile more than the table has rows.
        """
        row = self._rows.row(username) * self._workers
        with self._file.locked():
            used = sum(self._cells[row : row + self._workers])
            if used < limit:
                self._cells[row + self._worker] += 1
        return used

    def release(self, username: str) -> None:
        """Gives a channel of this worker back."""
        cell = self._rows.row(username) * self._workers + self._worker
        with self._file.locked():
            if self._cells[cell]:
                self._cells[cell] -= 1

    def used(self, username: str) -> int:
        """Channels in use now, in all workers."""
        row = self._rows.row(username) * self._workers
        return sum(self._cells[row : row + self._workers])

    def clear(self, worker: int) -> int:
        """Frees all channels of a worker that died; returns how many it had."""
        freed = 0
        with self._file.locked():
            for cell in range(worker, len(self._cells), self._workers):
                freed += self._cells[cell]
                self._cells[cell] = 0
        return freed

    def locked(self) -> AbstractContextManager[None]:
        """Keeps all other processes from taking and releasing."""
        return self._file.locked()

    def close(self) -> None:
        """Gives the memory back."""
        self._cells.release()
        self._file.close()
