"""Progress of a run as JSON lines on a file descriptor, for the command line that started it.

One event a line: ``start`` (how many scenarios), ``scenario`` (one is judged), ``note`` (what takes
long now), ``unreachable``. Showing
them is `harness.cli`'s work.
"""

import json
import os
from typing import Any


class Progress:
    """Where events go; nowhere without a descriptor."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor

    def tell(self, event: str, **fields: Any) -> None:
        """Writes one event. A reader that went away is no reason to stop."""
        if self._descriptor is None:
            return
        line = json.dumps({"event": event, **fields}, ensure_ascii=True) + "\n"
        try:
            os.write(self._descriptor, line.encode())
        except OSError:
            self._descriptor = None
