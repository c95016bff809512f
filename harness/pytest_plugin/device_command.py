"""A command line of pbx.toml that moves a device: run to its end, and what went wrong in one sentence."""

import subprocess
from collections.abc import Sequence

from harness.checks.breach import Inconclusive

COMMAND_PATIENCE = 15.0
"""Seconds that a command may take."""


def run_command(words: Sequence[str], who: str, action: str) -> None:
    """Runs it; `who` and `action` name it in the sentence. Raises Inconclusive when it fails."""
    try:
        done = subprocess.run(
            list(words),
            capture_output=True,
            text=True,
            timeout=COMMAND_PATIENCE,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Inconclusive(f"{who}: the command {words[0]} failed: {error}") from None
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise Inconclusive(f"{who}: {action} ended with {done.returncode}: {said}")
