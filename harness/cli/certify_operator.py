"""Answers what scenarios ask for: a person at the terminal, or the simulated PBX that is stopped and started.

The other end is `harness.pytest_plugin.operator_desk`. Where nobody sits at a terminal, questions to people
are skipped at once.
"""

import select
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from harness.cli.certify_view import CertifyView
from harness.cli.scenario_process import ScenarioProcess
from harness.pbx_simulator.child_process import PbxDidNotStart, SimulatedPbx

DONE, SKIPPED = "done", "skipped"
LOOK_AGAIN = 0.25
"""Seconds between two steps of the countdown."""


class Operator:
    """Who does what the scenarios cannot do themselves."""

    def __init__(self, simulator: SimulatedPbx | None, view: CertifyView) -> None:
        self._simulator = simulator
        self._view = view
        self._over = threading.Event()
        self._asking: threading.Thread | None = None

    def take(self, event: dict[str, Any], process: ScenarioProcess) -> None:
        """Deals with the events ``ask`` and ``asked``."""
        if event["event"] == "asked":
            self._end()
        if event["event"] != "ask":
            return
        number = int(event["number"])
        if event["action"] != "act" and self._simulator is not None:
            process.answer(number, self._move(self._simulator, event["action"]))
            return
        if not sys.stdin.isatty():
            process.answer(number, SKIPPED)
            return
        self._over.clear()
        ask = (event["text"], float(event["seconds"]), lambda answer: process.answer(number, answer))
        self._asking = threading.Thread(target=self._ask, args=ask, daemon=True)
        self._asking.start()

    def _move(self, simulator: SimulatedPbx, action: str) -> str:
        try:
            if action == "stop-pbx":
                simulator.stop()
            else:
                simulator.start()
        except PbxDidNotStart:
            return SKIPPED
        return DONE

    def _ask(self, text: str, seconds: float, answer: Callable[[str], None]) -> None:
        """In a thread: shows the countdown until Enter, "s" and Enter, or the end of the time."""
        deadline = time.monotonic() + seconds
        while not self._over.is_set() and (left := deadline - time.monotonic()) > 0:
            self._view.prompt(f" {text}.  Enter: done · s Enter: skip · {left:3.0f} s left ")
            if select.select([sys.stdin], [], [], LOOK_AGAIN)[0]:
                line = sys.stdin.readline().strip().lower()
                answer(SKIPPED if line.startswith("s") else DONE)
                break
        self._view.prompt("")

    def _end(self) -> None:
        self._over.set()
        if self._asking is not None:
            self._asking.join()
            self._asking = None
