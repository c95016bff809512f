"""What a worker process counts when its users make their calls themselves: scenarios and steps of one's own.

Stands where `load_session` stands for fast users; there is no engine and no schedule: Locust starts users.
"""

from typing import Any

from harness.load.figures.figures import Figures
from harness.load.outcome.kernel_counters import receive_buffer_errors
from harness.load.work.load_session import State
from harness.load.work.processor_time import ProcessorTime


class CountingSession:
    """The figures of one process whose users wait for each of their steps."""

    def __init__(self, name: str, index: int) -> None:
        self.name = name
        self.batch = Figures()
        self.state: State = "running"
        self._index = index
        self._lost_before = receive_buffer_errors()
        self._processor = ProcessorTime()
        self._processor.begin()

    def drain(self) -> None:
        """Nothing more will come: users end their own calls when Locust stops them."""
        self.state = "over"

    def report(self) -> dict[str, Any]:
        """What is new, as `LoadSession.report` tells it."""
        lost = receive_buffer_errors()
        self._processor.measure()
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
            "sample": {"judged": 0, "findings": []},
            "evidence": {
                "cpu_share": self._processor.share,
                "cpu_seconds": self._processor.seconds,
                "receive_errors": grown,
            },
        }
