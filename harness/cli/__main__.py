"""The `harness` command: every error of the user's ends in one line and an exit status, never in a traceback.

The commands are in `application`. Everything is imported inside `main`: Ctrl-C may come that early too.
"""

import errno
import os
import sys

INTERRUPTED = 130
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
"""What no command can help when it writes."""
TRACEBACK_VARIABLE = "HARNESS_TRACEBACK"
"""Set it to see the traceback of a fault in the harness itself."""


def main() -> None:
    """Runs the command that the arguments name."""
    try:
        from harness.cli.application import application

        application()
    except KeyboardInterrupt:
        _end("interrupted", INTERRUPTED)
    except Exception as error:
        if os.environ.get(TRACEBACK_VARIABLE):
            raise
        _end(*_explained(error))


def _explained(error: Exception) -> tuple[str, int]:
    """What to tell of an exception: wrong files are the user's, everything else is ours."""
    from harness.cli.failure import CommandFailure, ExitStatus
    from harness.requirements import CatalogueError
    from harness.results import ResultsError
    from harness.settings.errors import SettingsError

    if isinstance(error, CommandFailure):
        return str(error), error.status
    if isinstance(error, SettingsError | ResultsError | CatalogueError):
        return str(error), ExitStatus.WRONG_INPUT
    if isinstance(error, OSError) and error.errno in FULL:
        place = "" if error.filename is None else f"{error.filename}: "
        message = f"{place}{error.strerror}; make room there, or name a folder elsewhere with --out DIR"
        return message, ExitStatus.NOT_TESTED
    kind = type(error).__name__
    message = f"fault in the harness: {kind}: {error} ({TRACEBACK_VARIABLE}=1 shows where)"
    return message, ExitStatus.NOT_TESTED


def _end(message: str, status: int) -> None:
    print(f"harness: {message}", file=sys.stderr)
    sys.exit(status)


if __name__ == "__main__":
    main()
