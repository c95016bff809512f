"""START HERE for the results of a load run: the shape of its results.json.

Filled by `harness.load.outcome.run_outcome`, shown by `reports.load_html`. Whether the run may be believed is
in `load_validity`, a search for the limit in `load_search`; reading and writing is `results_file`'s work, as
for runs of scenarios (`run_result`).
"""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from harness.results.load_search import LimitSearch
from harness.results.load_validity import Evidence, ValidityLimits, VoidReason
from harness.results.run_result import SCHEMA_VERSION, Finding, Moment, ResultModel, TargetInfo, Text


class LoadVerdict(StrEnum):
    """One word about a load run."""

    PASS = "pass"
    """The run is valid and every criterion was met."""
    FAIL = "fail"
    """The run is valid and a criterion was not met."""
    VOID = "void"
    """The run says nothing about the target; the reasons stand beside it."""


class PassCriteria(ResultModel):
    """What a load run must reach to pass; null: does not matter."""

    failed_share: float | None = 0.0
    """Highest share of attempts that may fail; 0.01 is one in a hundred."""
    srd_p99_ms: float | None = None
    """99 % of answered calls have their first response within this time, in milliseconds."""
    registration_p99_ms: float | None = None
    """99 % of registrations are done within this time, in milliseconds."""
    mos_lowest: float | None = None
    """Lowest MOS that any call may have."""
    session_completion_ratio: float | None = None
    """Lowest share of calls that must complete, in percent."""
    foreign_packets: int | None = 0
    """Most packets with another call's audio."""
    retransmissions_share: float | None = None
    """Highest number of retransmissions for each attempt."""
    findings: int | None = 0
    """Most findings in the sampled calls."""


class Criterion(ResultModel):
    """One criterion and what became of it."""

    name: Text
    """In a few words: ``failed attempts``."""
    wanted: Text
    """What was to be reached."""
    seen: Text
    """What was reached."""
    met: bool
    """False too when nothing was seen that could be judged."""


class LatencyRow(ResultModel):
    """How long attempts with one outcome took, from their intended start; milliseconds."""

    kind: Text
    """``call``, ``register`` ..."""
    code: Text
    """Final status, or why there was none."""
    count: int
    mean: float | None = None
    p50: float | None = None
    p90: float | None = None
    p99: float | None = None
    p99_9: float | None = None
    max: float | None = None


class Metric(ResultModel):
    """One metric of RFC 6076."""

    name: Text
    """``SRD``; the RFC's short name."""
    title: Text
    """The RFC's whole name, and of what."""
    section: Text
    """Section of RFC 6076."""
    formula: Text
    """How it is computed, in words."""
    unit: Literal["ms", "s", "%", "count"]
    value: float | None = None
    """The ratio, the count, or the mean of a duration; null: undefined."""
    count: int = 0
    """How many it was computed from."""
    p50: float | None = None
    p90: float | None = None
    p99: float | None = None
    p99_9: float | None = None
    max: float | None = None


class KindTotals(ResultModel):
    """All attempts of one kind."""

    kind: Text
    attempts: int
    failed: int
    completed: int
    challenged: int
    retransmissions: int
    codes: dict[Text, int]
    """By final status, or by why there was none."""
    causes: dict[Text, int]
    """Failures that no status explains."""


class Series(ResultModel):
    """The run as it went: one value for each step of time. Rates are per second; null where nothing was."""

    start: float
    """Beginning of the first step, in seconds since the epoch."""
    step_s: int
    """Seconds each value stands for."""
    offered: dict[Text, list[float]]
    """By kind: attempts per second that the schedule wanted."""
    achieved: dict[Text, list[float]]
    """By kind: attempts per second that were started."""
    concurrent: list[int]
    """Answered calls at the end of the step."""
    codes: dict[Text, list[float]]
    """By status or cause: outcomes per second."""
    failed: list[float]
    """Failures per second."""
    retransmissions: list[float]
    """Retransmissions per second."""
    latency_ms: dict[Text, dict[Text, list[float | None]]]
    """By kind and percentile (``p50``, ``p90``, ``p99``): from the intended start to the response."""
    mos_mean: list[float | None]
    """Mean MOS of the calls that ended."""
    mos_lowest: list[float | None]
    """Lowest MOS of the calls that ended."""

    @property
    def length(self) -> int:
        """How many steps there are."""
        return len(self.concurrent)


class HeardCallResult(ResultModel):
    """One of the worst calls, with the inputs of its score."""

    mos: float
    ended: float
    """Seconds since the epoch."""
    profile: Text
    sent: int
    received: int
    lost: int
    late: int
    jitter_ms: float
    delay_ms: float
    foreign: int


class MediaResult(ResultModel):
    """The audio of all calls, and every input of the E-model (ITU-T G.107)."""

    calls: int
    silent_calls: int
    """Calls in which nothing was heard although audio was sent."""
    codec: Text
    equipment_impairment: float
    """Ie."""
    loss_robustness: float
    """Bpl."""
    burst_ratio: float = 1.0
    """BurstR; 1 is random loss."""
    jitter_buffer_ms: float | None = None
    """Depth of the jitter buffer that is part of each delay."""
    mos_mean: float | None
    mos_lowest: float | None
    distribution: dict[Text, int]
    """Calls by MOS, rounded down to a tenth."""
    sent: int
    received: int
    lost: int
    late: int
    """After the jitter buffer; counts as lost."""
    loss_percent: float | None
    loss_percent_highest: float
    """Of any call."""
    delay_ms_mean: float | None
    delay_ms_highest: float
    jitter_ms_mean: float | None
    jitter_ms_highest: float
    foreign: int
    """Packets with the audio of another call."""
    calls_with_foreign: int
    unknown: int = 0
    """Packets with no call's audio in them: silence, announcements, noise."""
    foreign_calls: list[Text] = Field(default_factory=list)
    """Some of the calls whose audio was heard in another."""
    worst: list[HeardCallResult] = Field(default_factory=list)
    """The calls with the lowest scores."""


class LoadResult(ResultModel):
    """One load run against one target: the content of its results.json."""

    kind: Literal["load"] = "load"
    """Tells it from a run of scenarios."""
    schema_version: Literal["1"] = SCHEMA_VERSION
    """Version of this format."""
    harness_version: Text
    """Version of the harness that ran."""
    started: Moment
    """When the run began, with its time zone."""
    duration_s: float
    """How long it took, in seconds."""
    target: TargetInfo
    """Whom the load was put on."""
    profiles: list[Text]
    """SIP usernames that called, registered or answered."""
    command: Text = ""
    """What was typed."""
    shape: Text = ""
    """The load in one sentence: ``ramp from 0 to 50 calls per second in 60 s``."""
    workers: int = 1
    """Generator processes."""
    channel_limit: int | None = None
    """Calls at once that all profiles together allow; null when unknown."""
    interrupted: bool = False
    """True when somebody ended it before its time."""
    verdict: LoadVerdict
    reasons: list[VoidReason] = Field(default_factory=list)
    """Why it is void; empty unless it is."""
    remarks: list[VoidReason] = Field(default_factory=list)
    """What a reader should know though the run is valid."""
    criteria: list[Criterion] = Field(default_factory=list)
    """What it had to reach, and what became of that."""
    evidence: Evidence
    """What was seen of the generator."""
    limits: ValidityLimits
    """What the evidence was held against."""
    totals: list[KindTotals]
    """Counts by kind of attempt."""
    concurrent_highest: int = 0
    """Most answered calls at once."""
    metrics: list[Metric]
    """The metrics of RFC 6076."""
    latencies: list[LatencyRow]
    """By kind and outcome."""
    series: Series
    """The run as it went."""
    media: MediaResult | None = None
    """The audio; null when no call had any."""
    sampled_calls: int = 0
    """Calls that went through all checks."""
    findings: list[Finding] = Field(default_factory=list)
    """What the checks found in the sampled calls."""
    search: LimitSearch | None = None
    """The search for the limit; null when there was none."""
    environment: dict[Text, Text] = Field(default_factory=dict)
    """What may matter to see it again: cores, kernel, Python, Locust."""
    files: dict[Text, Text] = Field(default_factory=dict)
    """What else lies beside results.json: a word and the path relative to it."""

    @property
    def attempts(self) -> int:
        """All attempts of all kinds."""
        return sum(each.attempts for each in self.totals)

    @property
    def failed(self) -> int:
        """All attempts that failed."""
        return sum(each.failed for each in self.totals)

    @property
    def retransmissions(self) -> int:
        """All retransmissions."""
        return sum(each.retransmissions for each in self.totals)

    def metric(self, name: str) -> Metric:
        """The metric with this short name; raises KeyError when the run has none."""
        for metric in self.metrics:
            if metric.name == name:
                return metric
        raise KeyError(name)
