"""Which row a profile has in the tables that all workers share; profiles may come while the trunk runs.

Rows are given in the order in which anybody first asks, and never taken back: a profile that is removed and
comes again has its old row. What stands in the rows is `channel_table`'s and `credit_table`'s affair.
"""

import hashlib
import struct
from pathlib import Path

from reference_server.workers.shared_file import SharedFile

MOST_PROFILES = 4096
"""Profiles that one trunk of several workers ever had between two starts."""
DIGEST = 16
"""Bytes."""
_COUNT = struct.Struct("Q")


class TooManyProfiles(Exception):
    """All rows are given away."""


class ProfileRows:
    """The rows of all profiles, as one process sees them."""

    def __init__(self, path: Path) -> None:
        """Opens the list in the file `path`."""
        self._file = SharedFile(path, _COUNT.size + MOST_PROFILES * DIGEST)
        self._memory = self._file.memory
        self._known: dict[str, int] = {}

    def row(self, username: str) -> int:
        """The row of a profile, from 0. Raises `TooManyProfiles`."""
        known = self._known.get(username)
        if known is None:
            known = self._known[username] = self._found(_digest(username))
        return known

    def close(self) -> None:
        """Gives the memory back."""
        self._file.close()

    def _found(self, digest: bytes) -> int:
        with self._file.locked():
            count: int = _COUNT.unpack_from(self._memory, 0)[0]
            end = _COUNT.size + count * DIGEST
            for row, place in enumerate(range(_COUNT.size, end, DIGEST)):
                if self._memory[place : place + DIGEST] == digest:
                    return row
            if count == MOST_PROFILES:
                raise TooManyProfiles(
                    f"seen {count} profiles since the start; restart the trunk, or use workers = 1"
                )
            self._memory[end : end + DIGEST] = digest
            _COUNT.pack_into(self._memory, 0, count + 1)
            return count


def _digest(username: str) -> bytes:
    return hashlib.blake2s(username.encode("utf-8", "replace"), digest_size=DIGEST).digest()
