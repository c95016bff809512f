"""The locustfile of the saturation scenarios: one user that does one `saturation` run, then the test ends.

Imports Locust. What is to be done stands in a JSON file that the environment names.
"""

import os
from pathlib import Path

import gevent
from locust import User, constant, task

from harness.load.saturation.saturation import SaturationRun, SaturationWishes
from harness.load.work.collector import calm_collector

SETTINGS_VARIABLE = "SIP_HARNESS_SATURATION"


class SaturatingUser(User):
    """Fills the profiles, once."""

    wait_time = constant(0)

    @task
    def saturate(self) -> None:
        """The whole run."""
        calm_collector()
        try:
            path = Path(os.environ[SETTINGS_VARIABLE])
            wishes = SaturationWishes.model_validate_json(path.read_text(encoding="utf-8"))
            SaturationRun(wishes, gevent.sleep, _tell()).run()
        finally:
            runner = self.environment.runner
            if runner is not None:
                gevent.spawn(runner.quit)


class _tell:  # noqa: N801  # a function with a memory
    """Prints a line when it differs from the last one."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, line: str) -> None:
        if line != self._last:
            self._last = line
            print(line, flush=True)
