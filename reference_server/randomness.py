"""The trunk's randomness: the system's, drawn in blocks.

A call takes a dozen numbers for tags, ids and nonces, and each would be a system call of its own. As good as
`random.SystemRandom`, which it is in all other methods; not for processes that fork.
"""

import os
import random
from collections.abc import Iterator
from struct import iter_unpack

BLOCK = 4096
"""Bytes drawn from the system at a time."""
TOKEN = 64
"""Bits of most numbers that are drawn: tags and ids."""


class BlockRandom(random.SystemRandom):
    """`random.SystemRandom` that asks the system once for many numbers."""

    _block = b""
    _used = 0
    _tokens: Iterator[tuple[int]] = iter(())

    def getrandbits(self, k: int, /) -> int:
        """`k` random bits, none of them ever handed out before."""
        if k == TOKEN:
            for (token,) in self._tokens:
                return token
            self._tokens = iter_unpack("Q", os.urandom(BLOCK))
            return next(self._tokens)[0]
        size = (k + 7) // 8
        start = self._used
        if start + size > len(self._block):
            self._block = os.urandom(max(BLOCK, size))
            start = 0
        self._used = start + size
        return int.from_bytes(self._block[start : start + size]) >> (size * 8 - k)
