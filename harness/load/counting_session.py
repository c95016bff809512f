"""What a worker process counts when its users make their calls themselves: scenarios and steps of one's own.

Stands where `load_session` stands for fast users; there is no engine and no schedule: Locust starts users.
"""

import resource
import time
from typing import Any

from harness.load.figures import Figures
from harness.load.kernel_counters import receive_buffer_errors
from harness.load.load_session import State


class CountingSession:
    """The figures of one process whose users wait for each of their steps."""

    def __init__(self, name: str, index: int) -> None:
        self.name = name
        self.batch = Figures()
        self.state: State = "running"
        self._index = index
        self._lost_before = receive_buffer_errors()
        self._since = time.monotonic(), _cpu_seconds()

    def drain(self) -> None:
        """Nothing more will come: users end their own calls when Locust stops them."""
        self.state = "over"

    def report(self) -> dict[str, Any]:
        """What is new, as `LoadSession.report` tells it."""
        lost = receive_buffer_errors()
        wall = time.monotonic() - self._since[0]
        grown = None if lost is None or self._lost_before is None else lost - self._lost_before
        return {
            "worker": self.name,
            "index": self._index,
            "state": self.state,
            "step": 0,
            "step_made": 0,
            "step_failed": 0,
            "step_open": 0,
            "figures": self.batch.hand_over(),
            "planned": None,
            "late": 0.0,
            "concurrent": 0,
            "in_progress": 0,
            "unanswered": 0,
            "evidence": {
                "cpu_share": (_cpu_seconds() - self._since[1]) / wall if wall > 0.5 else None,
                "receive_errors": grown,
            },
        }


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
