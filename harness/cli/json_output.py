"""Where `--json FILE` goes: a file, made with its folder, or the standard output."""

import os
import sys
from pathlib import Path

from pydantic import BaseModel

from harness.cli.failure import CommandFailure, ExitStatus


def check_destination(destination: Path | None) -> None:
    """Makes the folder before long work begins. Raises CommandFailure when nothing can be written there."""
    if destination is None or str(destination) == "-":
        return
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(destination, error.strerror or str(error)) from None
    if destination.is_dir():
        raise _unwritable(destination, "it is a folder")
    if not os.access(destination if destination.exists() else destination.parent, os.W_OK):
        raise _unwritable(destination, "Permission denied")


def write_json(result: BaseModel, destination: Path) -> None:
    """Writes a result; ``-`` is the standard output. Raises CommandFailure (wrong input)."""
    write_text(result.model_dump_json(indent=1) + "\n", destination)


def write_text(text: str, destination: Path) -> None:
    """Writes what is JSON already, in the same way."""
    if str(destination) == "-":
        sys.stdout.write(text)
        return
    check_destination(destination)
    try:
        destination.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _unwritable(destination, error.strerror or str(error)) from None


def _unwritable(destination: Path, reason: str) -> CommandFailure:
    message = (
        f"--json {destination}: can't be written ({reason}); name a file of your own, or - for the output"
    )
    return CommandFailure(message, ExitStatus.WRONG_INPUT)
