"""What was seen while all channels of a profile were in use: written by the load run, judged by scenarios.

Facts alone: who called when, what came back, what was heard. Which of them breaks a requirement is said by
`harness.scenarios.trunk.test_saturation`; how the calls are made is the work of
`harness.load.saturation.saturation`.
"""

from pathlib import Path

from pydantic import BaseModel, ConfigDict


class _Fact(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SeenCall(_Fact):
    """One of the calls that filled the profile. Times in seconds since the run began."""

    call_id: str
    direction: str
    """`outbound` or `inbound`, as the trunk sees it."""
    status: int | None
    """Final status of the INVITE; None: none came."""
    cause: str
    """Empty when all went well."""
    answered: float | None
    ended: float | None
    held: bool
    """Whether it was up until we ended it."""
    sent: int = 0
    """RTP packets."""
    received: int = 0
    lost: int = 0
    mos: float | None = None
    foreign: int = 0
    """RTP packets with the audio of another call."""
    foreign_calls: tuple[str, ...] = ()


class SeenRefusal(_Fact):
    """A call that was tried when no channel was free."""

    direction: str
    status: int | None
    delay_ms: float | None
    """From the first INVITE to the final response, the challenge included; None: no answer."""
    message: str = ""
    """The final response, as text."""


class SeenRace(_Fact):
    """Calls that were begun at the same instant for the last free channels."""

    free: int
    offered: int
    admitted: int
    statuses: dict[str, int]
    """Status of those that were not admitted -> how many; `none` where nothing came."""


class SeenVanishing(_Fact):
    """Callers that went away without BYE."""

    callers: int
    used_before: int
    used_after: int
    documented_s: float
    """Within how many seconds the trunk promises to notice."""
    returned_after_s: float | None
    """When all their channels were free; None: not in the time that was waited."""
    waited_s: float


class SeenFill(_Fact):
    """Another profile that was filled at the same time."""

    profile: str
    channels: int
    admitted: int
    refused_beyond: int
    """Of the calls beyond its channels."""
    tried_beyond: int
    statuses: dict[str, int]
    """Of the calls that were not admitted."""


class SaturationLog(_Fact):
    """The whole run."""

    profile: str
    channels: int
    held_s: float
    calls: list[SeenCall]
    beyond: list[SeenRefusal]
    """Calls tried beyond the last channel while all were in use."""
    one_for_one_tried: int
    """Calls tried after one had ended."""
    one_for_one_admitted: int
    race: SeenRace
    vanishing: SeenVanishing
    others: list[SeenFill]
    channels_used_after: int
    records: dict[str, int]
    """Call-ID of each call that was admitted -> how many records the trunk wrote of it."""
    worst_lag_ms: float = 0.0
    """For how long the generator was held up at worst: audio that came meanwhile looks late."""
    unreliable: list[str] = []
    """Why the figures may be the generator's fault; empty as a rule."""
    trace: str | None = None
    """The signalling, as a pcap file beside the log."""


def load_saturation_log(path: Path) -> SaturationLog:
    """Reads a log. Raises OSError and pydantic's ValidationError."""
    return SaturationLog.model_validate_json(path.read_text(encoding="utf-8"))
