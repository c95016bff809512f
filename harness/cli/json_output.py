"""Where `--json FILE` goes: a file, made with its folder, or the standard output."""

import sys
from pathlib import Path

from pydantic import BaseModel

from harness.cli.failure import CommandFailure, ExitStatus


def write_json(result: BaseModel, destination: Path) -> None:
    """Writes a result; ``-`` is the standard output. Raises CommandFailure (wrong input)."""
    text = result.model_dump_json(indent=1) + "\n"
    if str(destination) == "-":
        sys.stdout.write(text)
        return
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        destination.write_text(text, encoding="utf-8")
    except OSError as error:
        reason = error.strerror or str(error)
        raise CommandFailure(f"--json {destination}: {reason}", ExitStatus.WRONG_INPUT) from None
