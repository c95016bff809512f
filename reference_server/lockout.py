"""The lock against password guessing: so many failures of a user from one source address, and it has to wait.

Only this pair is locked: the same user elsewhere is not, nor is a source that has proved the password from
the same port before. Unknown users are counted like known ones. Judging passwords is `authentication`'s
work.
"""

from collections import OrderedDict

from harness.sip.hop import Hop

REMEMBERED = 10_000
"""Pairs with failures, and sources with proof; the oldest are forgotten first."""


class Lockout:
    """Counts failures by source address and user."""

    def __init__(self, failures: int, seconds: float) -> None:
        """`failures` within `seconds` lock for `seconds`."""
        self._limit = failures
        self._seconds = seconds
        self._failures: OrderedDict[tuple[str, str], list[float]] = OrderedDict()
        self._proofs: OrderedDict[tuple[str, int, str], None] = OrderedDict()

    def failed(self, source: Hop, username: str, now: float) -> None:
        """Counts a wrong password."""
        self._proofs.pop((source.host, source.port, username), None)
        pair = (source.host, username)
        times = [at for at in self._failures.pop(pair, []) if at > now - self._seconds]
        self._failures[pair] = [*times, now][-self._limit :]
        if len(self._failures) > REMEMBERED:
            self._failures.popitem(last=False)

    def proved(self, source: Hop, username: str) -> None:
        """Remembers that this source knows the password."""
        self._failures.pop((source.host, username), None)
        self._proofs[source.host, source.port, username] = None
        if len(self._proofs) > REMEMBERED:
            self._proofs.popitem(last=False)

    def seconds_left(self, source: Hop, username: str, now: float) -> float:
        """How long the pair stays locked; 0 when it is not."""
        times = self._failures.get((source.host, username))
        if times is None or len(times) < self._limit:
            return 0.0
        if (source.host, source.port, username) in self._proofs:
            return 0.0
        return max(0.0, times[-1] + self._seconds - now)
