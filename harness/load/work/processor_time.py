"""How much processor time this process takes for its load: as a share of a core, and altogether.

Whether it is too much is judged by `validity`; the benchmark beside SIPp takes its figure from here too.
"""

import resource
import time

SHORTEST = 0.5  # seconds of load below which a share says nothing


class ProcessorTime:
    """The clock of one process; nothing is known before `begin`."""

    def __init__(self) -> None:
        self.share: float | None = None
        """CPU time over wall time while load was made; 1 is a whole core."""
        self.seconds: float | None = None
        """CPU time since `begin`, the calls' ends included, in seconds."""
        self._began: tuple[float, float] | None = None
        self._is_resting = False

    def begin(self) -> None:
        """The first attempt is due; later calls change nothing."""
        if self._began is None:
            self._began = (time.monotonic(), _used())

    def rest(self) -> None:
        """Nothing new is started from here on: the share stays as it is."""
        self.measure()
        self._is_resting = True

    def measure(self) -> None:
        """Look at the clock."""
        if self._began is None:
            return
        began, used = self._began
        self.seconds = _used() - used
        wall = time.monotonic() - began
        if wall > SHORTEST and not self._is_resting:
            self.share = self.seconds / wall


def _used() -> float:
    """User and system time of this process, in seconds."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
