"""Our load shapes for Locust: calls per second, while the number of users stays the same.

Imports Locust. The rate itself is followed by each worker alone (`arrivals`); what Locust gets from here is
that there is one user a worker, and when the test is over: when the schedule is, and no call is left.
"""

from locust import LoadTestShape
from locust.runners import MasterRunner

from harness.load.schedule.limit_driver import LimitDriver
from harness.load.swarm.locust_node import LoadNode, node_of

SPAWN_RATE = 100.0  # users a second; there are as many as workers
SPARE = 10.0  # seconds beyond what settling may take, after which the test is ended in any case


class SipShape(LoadTestShape):
    """Ends the test when every worker is at rest; drives a search for the limit step by step."""

    def __init__(self) -> None:
        super().__init__()
        self._limit: LimitDriver | None = None
        self._of: object = None

    def tick(self) -> tuple[int, float] | None:
        """Users and spawn rate, or None at the end; called about once a second."""
        assert self.runner is not None
        node = node_of(self.runner.environment)
        users = self._workers() * max(1, len(self.runner.environment.user_classes))
        if node.refused:
            return None
        if node.gathering is None or not node.gathering.workers:
            return users, SPAWN_RATE
        if node.gathering is not self._of:  # another test began
            self._of = node.gathering
            search = node.gathering.settings.search
            self._limit = (
                None
                if search is None
                else LimitDriver(node.gathering, node.begin_step, node.abandon_step, node.tell_step)
            )
        if self._limit is not None:
            return None if self._limit.is_over() else (users, SPAWN_RATE)
        return None if self._is_over(node) else (users, SPAWN_RATE)

    def _is_over(self, node: LoadNode) -> bool:
        assert node.gathering is not None
        settings = node.gathering.settings
        late = settings.load_seconds + settings.hold + 2 * SPARE
        return node.gathering.all_in("at rest", "over") or self.get_run_time() > late + 60

    def _workers(self) -> int:
        if isinstance(self.runner, MasterRunner):
            return max(1, self.runner.worker_count)
        return 1
