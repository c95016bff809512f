"""Exit statuses, and the one exception that ends a command with a sentence for its user.

`__main__` prints it; no traceback reaches a user.
"""

from enum import IntEnum

from harness.results import Verdict


class ExitStatus(IntEnum):
    """What the shell is told."""

    PASSED = 0
    """All that was judged passed."""
    FAILED = 1
    """A requirement failed, or a fault was missed."""
    WRONG_INPUT = 2
    """The user's input is wrong: a file, an option, a selection."""
    NOT_TESTED = 3
    """The target could not be tested (or not to the end)."""
    INTERRUPTED = 130
    """Ctrl-C: calls were ended and the report was written."""


class CommandFailure(Exception):
    """Ends a command: one line for the user, and the exit status."""

    def __init__(self, message: str, status: ExitStatus) -> None:
        super().__init__(message)
        self.status = status


def status_of(verdict: Verdict) -> ExitStatus:
    """The exit status of a run with that verdict."""
    match verdict:
        case Verdict.PASS:
            return ExitStatus.PASSED
        case Verdict.FAIL:
            return ExitStatus.FAILED
        case _:
            return ExitStatus.NOT_TESTED
