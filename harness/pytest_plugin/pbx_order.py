"""The order of a certification: what `harness certify` tells the process that runs the scenarios, as JSON.

pbx.toml with real addresses, where the trunk is, and what went before. `pbx_run` reads it; who writes it has
started the trunk.
"""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from harness.settings.errors import SettingsError
from harness.settings.pbx import PbxFile

LONGEST_GRANT, SHORTEST_GRANT = 60, 4
"""Seconds granted to registrations while they are judged. Yate does not refresh sooner than after 45 s."""


class PbxOrder(BaseModel):
    """One certification."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pbx: PbxFile
    """pbx.toml; password and addresses are filled in."""
    control: str
    """URL of the trunk's control API."""
    trunk: dict[str, str]
    """Transport -> host:port where the trunk listens."""
    absent: str = ""
    """Why the PBX counts as not there; empty: it has appeared."""
    fault: str | None = None
    """Of the simulated PBX."""
    kept: tuple[str, ...] = ()
    """Scenarios that have a verdict from an interrupted run and are not run again."""
    last_packet: int = Field(default=0, ge=0)
    """Number of the last packet of the interrupted run; numbers go on behind it."""

    def write(self, path: Path) -> None:
        """Write it as JSON."""
        path.write_text(self.model_dump_json(by_alias=True), encoding="utf-8")


def load_order(path: Path) -> PbxOrder:
    """Read it. Raises SettingsError."""
    try:
        return PbxOrder.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        line = str(error).split("\n", 1)[0]
        raise SettingsError(
            path, None, "", f"no order of a certification: {line}", "run: harness certify"
        ) from None


def short_grant(pbx: PbxFile) -> int:
    """Seconds granted to registrations while they are judged: two fit into the time to wait for one."""
    return max(SHORTEST_GRANT, min(LONGEST_GRANT, int(pbx.timeouts.registration / 2.5)))
