"""Wrong passwords, counted by all workers together: guesses from many ports reach many workers.

A fixed number of slots, one for each pair of source address and user: a digest of the pair and the times of
its last failures. A trunk where nobody guesses pays one look at a number. What the count means is
`lockout`'s.
Between looking at the lock and counting a failure another worker may do the same: in that moment (the time of
one digest) each other worker may let one guess more through, never more.
"""

import hashlib
import struct
from pathlib import Path

from reference_server.workers.shared_file import SharedFile

SLOTS = 1024
"""Pairs with failures; the one that failed longest ago gives way."""
MOST_TIMES = 64
"""Failures of a pair that fit."""
DIGEST = 16
"""Bytes."""
_HEAD = struct.Struct("Q")
_TIME = struct.Struct("d")
_FREE = bytes(DIGEST)


class FailureTable:
    """The failures of all pairs, as one worker sees them."""

    def __init__(self, path: Path, failures: int, seconds: float) -> None:
        """Opens the table in the file `path`; `failures` of a pair are kept for `seconds`."""
        self._kept = min(failures, MOST_TIMES)
        self._seconds = seconds
        self._times_at = _HEAD.size + SLOTS * DIGEST
        self._file = SharedFile(path, self._times_at + SLOTS * self._kept * _TIME.size)
        self._memory = self._file.memory

    def add(self, host: str, username: str, now: float) -> None:
        """Notes a failure; those of more than the lock's time ago are forgotten."""
        digest = _digest(host, username)
        with self._file.locked():
            slot = self._slot(digest)
            times = [] if slot is None else [at for at in self._times(slot) if at > now - self._seconds]
            if slot is None:
                slot = self._new_slot()
            self._write(slot, digest, [*times, now][-self._kept :])

    def clear(self, host: str, username: str) -> None:
        """Forgets the failures of a pair."""
        if self._used() == 0:
            return
        with self._file.locked():
            slot = self._slot(_digest(host, username))
            if slot is not None:
                self._write(slot, _FREE, [])
                _HEAD.pack_into(self._memory, 0, self._used() - 1)

    def times(self, host: str, username: str) -> list[float]:
        """The failures of a pair, oldest first, at most as many as lock."""
        if self._used() == 0:
            return []
        with self._file.locked():
            slot = self._slot(_digest(host, username))
            return [] if slot is None else self._times(slot)

    def close(self) -> None:
        """Gives the memory back."""
        self._file.close()

    def _used(self) -> int:
        used: int = _HEAD.unpack_from(self._memory, 0)[0]
        return used

    def _slot(self, digest: bytes) -> int | None:
        """The slot that holds `digest`."""
        at = self._memory.find(digest, _HEAD.size, self._times_at)
        while at >= 0 and (at - _HEAD.size) % DIGEST:
            at = self._memory.find(digest, at + 1, self._times_at)
        return None if at < 0 else (at - _HEAD.size) // DIGEST

    def _new_slot(self) -> int:
        """A free slot, else the one that failed longest ago."""
        slot = self._slot(_FREE)
        if slot is not None:
            _HEAD.pack_into(self._memory, 0, self._used() + 1)
            return slot
        return min(range(SLOTS), key=lambda each: self._times(each)[-1:])

    def _times(self, slot: int) -> list[float]:
        start = self._times_at + slot * self._kept * _TIME.size
        end = start + self._kept * _TIME.size
        return [at for (at,) in _TIME.iter_unpack(self._memory[start:end]) if at]

    def _write(self, slot: int, digest: bytes, times: list[float]) -> None:
        place = _HEAD.size + slot * DIGEST
        self._memory[place : place + DIGEST] = digest
        start = self._times_at + slot * self._kept * _TIME.size
        for index in range(self._kept):
            at = times[index] if index < len(times) else 0.0
            _TIME.pack_into(self._memory, start + index * _TIME.size, at)


def _digest(host: str, username: str) -> bytes:
    return hashlib.blake2s(f"{host}\0{username}".encode("utf-8", "replace"), digest_size=DIGEST).digest()
