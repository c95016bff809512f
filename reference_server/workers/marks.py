"""Marks: every token that a worker makes begins with its own hexadecimal digit, and so tells whose it is.

Tags, branches, call ids and the ids of the control API come from the trunk's random source, so marking that
source marks them all; nonces are marked by their issuer (`harness.sip.nonce`). Reading marks is `routing`'s.
"""

from reference_server.randomness import BlockRandom

TOKEN_BITS = (64, 96)
"""Tokens are drawn with so many bits; other numbers (SSRC, sequence numbers, keys) stay as they are."""
MARK_BITS = 4


class MarkedRandom(BlockRandom):
    """The trunk's randomness with a worker's mark in what becomes a token."""

    def __init__(self, worker: int) -> None:
        """`worker`: 0 to 15."""
        super().__init__()
        self._worker = worker

    def getrandbits(self, k: int, /) -> int:
        """`k` random bits; the first four of a token are the mark."""
        number = super().getrandbits(k)
        if k in TOKEN_BITS:
            shift = k - MARK_BITS
            return number & ((1 << shift) - 1) | self._worker << shift
        return number


def mark_of(token: str) -> int | None:
    """The worker that made `token`, as far as a stranger's token can be told from ours."""
    try:
        return int(token[:1], 16)
    except ValueError:
        return None
