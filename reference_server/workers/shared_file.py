"""Memory that all workers see, with a lock that the system releases when its holder dies.

A file of the trunk's own temporary folder, mapped into each process. What lies in it is the affair of
`channel_table` and `failure_table`.
"""

import fcntl
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class SharedFile:
    """A mapped file of fixed size. Each process opens its own; one instance is not for several threads."""

    def __init__(self, path: Path, size: int) -> None:
        """Opens `path`, and makes it `size` bytes long (zeros) when it is shorter."""
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if os.fstat(self._descriptor).st_size < size:
            os.ftruncate(self._descriptor, size)
        self.memory = mmap.mmap(self._descriptor, size)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps all other processes out; a lock of flock(2) ends with the process that holds it."""
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Unmaps the file; views of its memory must be released before."""
        self.memory.close()
        os.close(self._descriptor)
