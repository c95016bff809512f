"""Programs of ours that get Ctrl-C while they still import."""

import subprocess
import sys
from pathlib import Path

from harness.cli.python_path import child_environment

PATIENCE = 100.0
"""Seconds for a program that only starts."""
_PROGRAM = """
import signal, sys
class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[1]:
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, Interrupt())
from {main} import main
main()
"""


def interrupted_start(main: str, module: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Runs `main` of the module ``main`` in a folder; Ctrl-C comes when it imports ``module``."""
    return subprocess.run(
        [sys.executable, "-c", _PROGRAM.format(main=main), module],
        cwd=folder,
        env=child_environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
