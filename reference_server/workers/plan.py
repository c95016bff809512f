"""What the parent tells a worker: one line of JSON on its standard input, for it holds passwords.

The sockets are inherited and named by their descriptors.
"""

from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from harness.sip.hop import Hop
from reference_server.settings import TrunkFile

PROFILE_ROWS_FILE = "profiles"
CHANNELS_FILE = "channels"
CREDIT_FILE = "credit"
FAILURES_FILE = "failures"


class OpenedListener(NamedTuple):
    """A listener whose address is taken already."""

    transport: str
    host: str
    port: int
    descriptor: int

    @property
    def hop(self) -> Hop:
        """Its address."""
        return Hop(self.transport, self.host, self.port)


class WorkerPlan(BaseModel):
    """All that a worker needs to know."""

    model_config = ConfigDict(frozen=True)

    worker: int
    """Its number, from 0."""
    workers: int
    settings: TrunkFile
    beside: str
    """Folder of the settings file."""
    fault: str | None
    listeners: tuple[OpenedListener, ...]
    mesh: int
    """Descriptor of the socket where the other workers come."""
    desk: int
    """Descriptor of the socket where the parent's questions come."""
    folder: str
    """The trunk's private temporary folder."""

    @property
    def mesh_paths(self) -> list[Path]:
        """Where the workers listen to each other."""
        return [mesh_path(Path(self.folder), worker) for worker in range(self.workers)]


def mesh_path(folder: Path, worker: int) -> Path:
    """Where a worker listens to the others."""
    return folder / f"mesh-{worker}"


def desk_path(folder: Path, worker: int) -> Path:
    """Where a worker's desk is asked."""
    return folder / f"desk-{worker}"
