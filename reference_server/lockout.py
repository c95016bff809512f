"""The lock against password guessing: so many failures of a user from one source address, and it has to wait.

Only this pair is locked: the same user elsewhere is not, nor is a source that has proved the password from
the same port before. Unknown users are counted like known ones. Judging passwords is `authentication`'s
work. Several workers of one trunk count failures together (`workers.failure_table`); a proof is of one port,
whose packets go to one worker.
"""

from collections import OrderedDict
from typing import Protocol

from harness.sip.hop import Hop

REMEMBERED = 10_000
"""Pairs with failures, and sources with proof; the oldest are forgotten first."""


class Failures(Protocol):
    """When a user's password was wrong, for each pair of source address and user."""

    def add(self, host: str, username: str, now: float) -> None:
        """Notes a failure; those of more than the lock's time ago are forgotten."""

    def clear(self, host: str, username: str) -> None:
        """Forgets the failures of a pair."""

    def times(self, host: str, username: str) -> list[float]:
        """The failures of a pair, oldest first, at most as many as lock."""


class OwnFailures:
    """Failures in this process."""

    def __init__(self, failures: int, seconds: float) -> None:
        """`failures` of a pair are kept, for `seconds`."""
        self._limit = failures
        self._seconds = seconds
        self._times: OrderedDict[tuple[str, str], list[float]] = OrderedDict()

    def add(self, host: str, username: str, now: float) -> None:
        """Notes a failure; those of more than the lock's time ago are forgotten."""
        pair = (host, username)
        times = [at for at in self._times.pop(pair, []) if at > now - self._seconds]
        self._times[pair] = [*times, now][-self._limit :]
        if len(self._times) > REMEMBERED:
            self._times.popitem(last=False)

    def clear(self, host: str, username: str) -> None:
        """Forgets the failures of a pair."""
        self._times.pop((host, username), None)

    def times(self, host: str, username: str) -> list[float]:
        """The failures of a pair, oldest first, at most as many as lock."""
        return self._times.get((host, username), [])


class Lockout:
    """Counts failures by source address and user."""

    def __init__(self, failures: int, seconds: float) -> None:
        """`failures` within `seconds` lock for `seconds`."""
        self.limit = failures
        self.seconds = seconds
        self.failures: Failures = OwnFailures(failures, seconds)
        """Replaced by the failures of all workers, where there are several."""
        self._proofs: OrderedDict[tuple[str, int, str], None] = OrderedDict()

    def failed(self, source: Hop, username: str, now: float) -> None:
        """Counts a wrong password."""
        self._proofs.pop((source.host, source.port, username), None)
        self.failures.add(source.host, username, now)

    def proved(self, source: Hop, username: str) -> None:
        """Remembers that this source knows the password."""
        self.failures.clear(source.host, username)
        self._proofs[source.host, source.port, username] = None
        if len(self._proofs) > REMEMBERED:
            self._proofs.popitem(last=False)

    def seconds_left(self, source: Hop, username: str, now: float) -> float:
        """How long the pair stays locked; 0 when it is not."""
        times = self.failures.times(source.host, username)
        if len(times) < self.limit:
            return 0.0
        if (source.host, source.port, username) in self._proofs:
            return 0.0
        return max(0.0, times[-1] + self.seconds - now)
