"""One scenario while it runs: its names, its requirements, where its packets begin, its verdict so far.

The hooks that fill it are `scenario_run`'s.
"""

import time

import pytest

from harness.pytest_plugin.outcome import Outcome
from harness.results import Verdict, merge


class RunningScenario:
    """What is known of the scenario that runs now."""

    def __init__(self, item: pytest.Item, mark: int) -> None:
        self.item = item
        self.mark = mark
        """Place in the trace behind which its packets lie."""
        self.clock = time.monotonic()
        self.outcome = Outcome(Verdict.PASS)
        self.target_was_lost = False
        """The network refused packets to the target while it ran."""
        markers = list(item.iter_markers("requirement"))
        self.requirements = list(
            dict.fromkeys(str(each) for marker in reversed(markers) for each in marker.args)
        )

    @property
    def topic(self) -> str:
        """The module's word: ``registration`` for ``test_registration.py``."""
        return self.item.path.stem.removeprefix("test_")

    @property
    def function_name(self) -> str:
        """The test's name without parameters, as ``-k`` takes it."""
        return str(getattr(self.item, "originalname", None) or self.item.name)

    @property
    def name(self) -> str:
        """``registration/test_refresh``."""
        return f"{self.topic}/{self.item.name}"

    @property
    def title(self) -> str:
        """The first line of the docstring; the test's name in words when there is none."""
        function = getattr(self.item, "function", None)
        lines = (getattr(function, "__doc__", None) or "").strip().splitlines()
        return lines[0] if lines else self.item.name.removeprefix("test_").replace("_", " ")

    def take(self, outcome: Outcome) -> None:
        """Merges what a phase (setup, call, teardown) said: verdicts only worsen.

        A phase without trouble says nothing: a scenario whose setup found it not applicable stays so,
        though its teardown goes well.
        """
        now = self.outcome.verdict
        if outcome.verdict is Verdict.PASS:
            return
        if now is Verdict.PASS or merge([now, outcome.verdict]) is not now:
            self.outcome = outcome
