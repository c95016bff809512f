"""Waiting for something to become true elsewhere, with a deadline; processes wait for output themselves."""

import time
from collections.abc import Callable
from typing import TypeVar

PAUSE = 0.02
"""Seconds between two looks at another process."""
PATIENCE = 100.0
"""Seconds until something that did not happen is a failure. Nobody waits so long for what does happen."""

Found = TypeVar("Found")


def wait_for(what: str, look: Callable[[], Found | None], timeout: float = PATIENCE) -> Found:
    """Looks until `look` finds something true, and returns that. Raises AssertionError at the deadline."""
    deadline = time.monotonic() + timeout
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"waited {timeout:g} s for {what}; last seen: {found!r}"
        time.sleep(PAUSE)
