"""Slows down who guesses passwords: after a few failures each further one costs a longer wait.

Counted by name and by address, for names that nobody has too, so that the answer doesn't tell which exist.
A failure is noted before the password is compared, and forgotten when it was right: guesses in parallel gain
nothing. The wait of a name stays short, or strangers could lock an administrator out; that of an address may
be long. Memory only: a restart forgets, and the oldest entry goes when there are too many.
"""

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from reference_server.manager.problem import Problem

FREE_FAILURES = 3
"""Failures before the first wait; then 1, 2, 4 ... seconds."""
LONGEST_WAIT_BY_NAME = 60.0
LONGEST_WAIT_BY_ADDRESS = 900.0
FORGOTTEN_AFTER = 3600.0
"""Seconds without a failure after which those before count no more."""
MOST_ENTRIES = 10_000


class TooSoon(Problem):
    """Come again in `retry_after` whole seconds."""

    def __init__(self, retry_after: int) -> None:
        detail = f"too many wrong passwords; wait {retry_after} seconds and try again"
        super().__init__("too-soon", 429, "Too many attempts", detail)
        self.retry_after = retry_after


@dataclass(slots=True)
class _Failures:
    count: int
    last: float
    wait_until: float


class Throttle:
    """Failures by name and by address."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures: OrderedDict[tuple[str, str], _Failures] = OrderedDict()

    def attempt(self, name: str, address: str) -> None:
        """Notes an attempt, as failed until `succeeded`. Raises `TooSoon`; that attempt isn't counted."""
        now = self._clock()
        keys = _keys(name, address)
        until = max((found.wait_until for key, _ in keys if (found := self._failures.get(key))), default=now)
        if until > now:
            raise TooSoon(math.ceil(until - now))
        for key, longest in keys:
            self._count(key, longest, now)

    def succeeded(self, name: str, address: str) -> None:
        """The attempt was right: name and address start anew."""
        for key, _ in _keys(name, address):
            self._failures.pop(key, None)

    def _count(self, key: tuple[str, str], longest: float, now: float) -> None:
        found = self._failures.pop(key, None)
        if found is None or now - found.last > FORGOTTEN_AFTER:
            found = _Failures(0, now, now)
        found.count += 1
        found.last = now
        over = found.count - FREE_FAILURES
        found.wait_until = now + (min(longest, 2.0 ** min(over - 1, 32)) if over > 0 else 0.0)
        self._failures[key] = found
        while len(self._failures) > MOST_ENTRIES:
            self._failures.popitem(last=False)


def _keys(name: str, address: str) -> tuple[tuple[tuple[str, str], float], ...]:
    by_name = (("name", name.casefold()), LONGEST_WAIT_BY_NAME)
    return (by_name, (("address", address), LONGEST_WAIT_BY_ADDRESS)) if address else (by_name,)
