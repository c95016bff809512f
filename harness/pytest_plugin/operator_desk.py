"""What a scenario asks of people and of whoever runs the PBX, through the command line that started the run.

Questions go out as progress events, answers come back as JSON lines on a file descriptor. Without one, nobody
is there and every question is skipped. The other end is `harness.cli.certify_operator`.
"""

import json
import os
from collections.abc import Callable
from enum import StrEnum
from typing import Literal

from harness.pytest_plugin.progress import Progress

LOOK_AGAIN = 0.1
"""Seconds between two looks for an answer; phones go on meanwhile."""

Action = Literal["act", "stop-pbx", "start-pbx"]


class Answer(StrEnum):
    """What came of a question."""

    DONE = "done"
    SKIPPED = "skipped"
    LATE = "late"


class OperatorDesk:
    """Asks, and waits for the answer."""

    def __init__(
        self, progress: Progress, answers: int | None, wait: Callable[[Callable[[], bool], float], bool]
    ) -> None:
        """`wait` lets phones go on until a predicate holds or so many seconds are over."""
        self._progress = progress
        self._answers = answers
        self._wait = wait
        self._number = 0
        self._pending = b""
        self._came: dict[int, str] = {}
        if answers is not None:
            os.set_blocking(answers, False)

    @property
    def is_there(self) -> bool:
        """Whether anybody can be asked."""
        return self._answers is not None

    def ask(
        self, text: str, seconds: float, action: Action = "act", until: Callable[[], bool] | None = None
    ) -> Answer:
        """Ask for something and wait for the answer, or until the predicate shows that it was done."""
        if self._answers is None:
            return Answer.SKIPPED
        self._number += 1
        number = self._number
        self._progress.tell("ask", number=number, text=text, seconds=seconds, action=action)
        done = until or (lambda: False)
        self._wait(lambda: self._has_come(number) or done(), seconds)
        self._progress.tell("asked", number=number)
        if done():
            return Answer.DONE
        return Answer(self._came.get(number, Answer.LATE))

    def _has_come(self, number: int) -> bool:
        self._read()
        return number in self._came

    def _read(self) -> None:
        if self._answers is None:
            return
        try:
            data = os.read(self._answers, 4096)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self._pending += data
        *lines, self._pending = self._pending.split(b"\n")
        for line in lines:
            answer = json.loads(line)
            self._came[int(answer["number"])] = str(answer["answer"])
