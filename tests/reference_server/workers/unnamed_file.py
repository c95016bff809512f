"""A temporary file that has no name any more once it is mapped, for tests that take no fixture."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Mapped = TypeVar("Mapped")


def unnamed_file(open_it: Callable[[Path], Mapped]) -> Mapped:
    """What `open_it` makes of a path of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return open_it(Path(folder) / "file")
