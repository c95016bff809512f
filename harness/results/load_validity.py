"""Whether a load run may be believed: what was seen of the generator, its limits, and why a run is void.

Only the shapes, as results.json keeps them; the gate itself is `harness.load.outcome.validity`.
"""

from pydantic import Field

from harness.results.run_result import ResultModel, Text


class ValidityLimits(ResultModel):
    """How much the generator may fall behind before its figures say more about it than about the target."""

    loop_lag_s: float = 0.25
    """Worst delay of the generator's loop, in seconds; half of T1, after which the target sends again."""
    cpu_share: float = 0.9
    """CPU time of one generator process over wall time; 1 is a whole core."""
    receive_errors: int = 0
    """Datagrams that the kernel threw away because a receive buffer was full (RcvbufErrors)."""
    shortfall_share: float = 0.01
    """Attempts of the schedule that were never started, as a share of all."""
    lateness_p99_s: float = 0.1
    """99 % of all attempts start at most this long after their intended time, in seconds."""
    exhausted: int = 0
    """Attempts that found no free file descriptor or RTP port."""
    throttled_share: float = 0.01
    """Attempts of one source address refused with 429 or with 503 and Retry-After, as a share."""
    silent_share: float = 0.5
    """A source with more attempts unanswered than this share is cut off if the others are answered."""
    receive_buffer: int = 0
    """Bytes of receive buffer that the kernel must have granted; 0: whatever it grants."""


class SourceEvidence(ResultModel):
    """How the target treated one of our addresses."""

    source: Text
    """The address that attempts left from."""
    attempts: int
    """How many there were."""
    throttled: int = 0
    """Refused with 429, or with 503 and Retry-After."""
    silent: int = 0
    """Without any final response."""


class Evidence(ResultModel):
    """What was seen of the generator while it ran; null where nobody looked. Of several workers the worst."""

    loop_lag_s: float | None = None
    """Worst delay of a generator's loop, in seconds."""
    cpu_share: float | None = None
    """CPU time over wall time of the busiest generator process; 1 is a whole core."""
    cpu_seconds: float | None = None
    """CPU time of all generator processes from their first attempt to the end of the last, in seconds."""
    receive_errors: int | None = None
    """By how much RcvbufErrors grew on the generator's machine, IPv4 and IPv6 together."""
    offered: int | None = None
    """Attempts that the schedule wanted."""
    achieved: int | None = None
    """Attempts that were started."""
    lateness_p99_s: float | None = None
    """99 % of all attempts started at most this long after their intended time, in seconds."""
    descriptors_exhausted: int = 0
    """Attempts that found no free file descriptor."""
    ports_exhausted: int = 0
    """Attempts that found no free RTP port."""
    sources: list[SourceEvidence] = Field(default_factory=list)
    """How the target treated each of our addresses."""
    receive_buffer_asked: int | None = None
    """Bytes of receive buffer that were asked for."""
    receive_buffer_granted: int | None = None
    """Bytes that the kernel granted (the smallest of all workers)."""
    workers_lost: int = 0
    """Workers that ended before the run did: their figures are missing."""


class VoidReason(ResultModel):
    """One reason not to believe the run, or a remark about it."""

    topic: Text
    """What it is about, in a word or two: ``loop lag``."""
    seen: Text
    """What was seen."""
    limit: Text
    """What would have been all right."""
    change: Text
    """What to change, in words and commands."""
