"""The environment of the Python processes that the command line starts: they find the same packages.

Which processes those are is told in `embedded_trunk`, `scenario_process` and `fault_matrix`.
"""

import os
from pathlib import Path

import harness


def child_environment() -> dict[str, str]:
    """This environment, with the folder of these packages on the path (a clone need not be installed)."""
    folder = str(Path(harness.__file__).resolve().parent.parent)
    known = os.environ.get("PYTHONPATH")
    path = folder if not known else os.pathsep.join([folder, known])
    return {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
