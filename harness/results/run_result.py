"""START HERE for results: the shape of results.json, what one run of the harness found.

These models join whoever runs scenarios and whoever shows what they saw: the pytest plugin fills
them, `reports` reads them, and the JSON Schema made from them is published for other people's tools. They
judge nothing: verdicts come from `verdict` and `requirement_verdicts`, reading and writing from
`results_file`.
"""

import re
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from harness.results.totals import Totals
from harness.results.verdict import Verdict

Level = Literal["MUST", "SHOULD", "MAY"]
"""How much a requirement binds (RFC 2119)."""

SCHEMA_VERSION: Literal["1"] = "1"
"""Version of results.json; grows when a reader of the old one would misread the new one."""


_SURROGATE = re.compile("[\ud800-\udfff]")


def _readable(value: object) -> object:
    """A text with each lone surrogate as an escape; those made from a byte (PEP 383) as that byte."""
    return _SURROGATE.sub(_escape, value) if isinstance(value, str) else value


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"


Text = Annotated[str, BeforeValidator(_readable)]
"""A string that can always be written as JSON: targets send bytes that are no UTF-8."""


def _with_a_time_zone(time: datetime) -> datetime:
    if time.tzinfo is None:
        raise ValueError("the time needs a time zone: 2026-01-31T12:00:00Z")
    return time


Moment = Annotated[datetime, AfterValidator(_with_a_time_zone)]
"""A time that means the same everywhere."""


class ResultModel(BaseModel):
    """Strict on both ways: an unknown key or a wrong type is an error, and a value never changes."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, use_attribute_docstrings=True)


class TargetInfo(ResultModel):
    """Whom the run judged."""

    name: Text
    """The target's name, as the target file gives it."""
    address: Text
    """Host and port that the requests went to: ``192.0.2.10:5060``."""
    transport: Text
    """``udp``, ``tcp`` or ``tls``."""
    domain: Text
    """The SIP domain in From, To and Request-URI: ``sip.skype.com``."""
    server_header: Text | None = None
    """What the target calls itself (Server or User-Agent header); null when it does not say."""


class LadderStep(ResultModel):
    """One arrow of a ladder diagram: a message, a run of RTP, or a note."""

    packet: int
    """Number of the packet in the run's trace, from 1; 0 for a note."""
    time: float
    """Seconds since the epoch."""
    source: Text
    """The lifeline the arrow leaves: ``phone``, ``trunk`` or an address."""
    destination: Text
    """The lifeline the arrow reaches."""
    label: Text
    """What stands on the arrow: ``INVITE sip:+17606604690@sip.skype.com``, ``486 Busy Here``."""
    kind: Literal["sip", "rtp", "note"]
    """What travelled."""
    text: Text = ""
    """The message as text, perhaps cut short; empty for RTP."""
    marked: bool = False
    """True for the message that decided the verdict."""
    count: Annotated[int, Field(ge=1)] = 1
    """How many packets the step stands for."""


class Finding(ResultModel):
    """One requirement seen broken, with what a person needs to believe it, see it again and mend it."""

    requirement: Text
    """Id of the requirement, ``topic.slug``."""
    level: Level
    """How much the requirement binds."""
    seen: Text
    """What the target did."""
    required: Text
    """What it had to do, in the source's words."""
    source: Text
    """Where those words stand: a line of the guide, an RFC section."""
    packet: int | None = None
    """Number of the deciding packet in the run's trace, from 1; null when the fault is that nothing came."""
    time: float | None = None
    """When the deciding packet passed, in seconds since the epoch."""
    call_id: Text | None = None
    """Call-ID of the exchange; null when there was none."""
    how_to_see: Text = ""
    """A command that shows it again."""
    what_to_change: Text = ""
    """Advice for the target's makers or its administrator."""
    evidence: Text = ""
    """The text of the deciding message."""
    marked_line: Text | None = None
    """The line of the evidence that breaks the requirement."""


class ScenarioResult(ResultModel):
    """What one scenario saw."""

    name: Text
    """Topic and test: ``registration/test_refresh_keeps_the_binding``."""
    title: Text
    """The scenario in one sentence."""
    topic: Text
    """The part of the catalogue it belongs to."""
    requirements: list[Text]
    """Ids of the requirements it judges."""
    verdict: Verdict
    """Its verdict; never ``not_covered``."""
    reason: Text = ""
    """Why it did not pass, in one sentence; empty when it passed."""
    duration_s: float
    """How long it took, in seconds."""
    findings: list[Finding] = Field(default_factory=list)
    """The requirements it saw broken."""
    ladder: list[LadderStep] = Field(default_factory=list)
    """What travelled while it ran."""
    pcap: Text | None = None
    """The packets of this scenario alone; a path relative to the folder of results.json."""
    first_packet: int | None = None
    """Number of its first packet in the run's trace."""
    last_packet: int | None = None
    """Number of its last packet in the run's trace."""

    @field_validator("verdict")
    @classmethod
    def _a_scenario_covers_something(cls, verdict: Verdict) -> Verdict:
        if verdict is Verdict.NOT_COVERED:
            raise ValueError("a scenario cannot be not_covered; only a requirement can")
        return verdict


class RequirementResult(ResultModel):
    """What the run says of one requirement of the catalogue."""

    id: Text
    """``topic.slug``."""
    level: Level
    """How much it binds."""
    title: Text
    """The requirement in a few words."""
    words: Text
    """The requirement in the source's words."""
    source: Text
    """Where the words stand."""
    verdict: Verdict
    """Merged from the scenarios that judge it."""
    scenarios: list[Text]
    """Names of the scenarios of this run that judge it."""

    @property
    def topic(self) -> str:
        """The part of the id before the dot."""
        return self.id.partition(".")[0]


class RunResult(ResultModel):
    """One run of the harness against one target: the content of results.json."""

    schema_version: Literal["1"] = SCHEMA_VERSION
    """Version of this format."""
    harness_version: Text
    """Version of the harness that ran."""
    catalogue_version: Text
    """A hash of the requirement catalogue that was judged by."""
    started: Moment
    """When the run began, with its time zone."""
    duration_s: float
    """How long the run took, in seconds."""
    target: TargetInfo
    """The trunk or PBX that was judged."""
    fault: Text | None = None
    """Name of the fault that the reference trunk was told to have; null in a run that is meant."""
    verdict: Verdict
    """Merged from all scenarios."""
    requirements: list[RequirementResult]
    """Every requirement of the catalogue that binds the target, in the catalogue's order."""
    scenarios: list[ScenarioResult]
    """Every scenario that was selected, in the order they ran."""
    totals: Totals
    """Counts by verdict."""
    files: dict[Text, Text] = Field(default_factory=dict)
    """What else lies beside results.json: a word (``report``, ``trace``) and the path relative to it."""
    environment: dict[Text, Text] = Field(default_factory=dict)
    """What may matter to see it again: command, Python, platform, seed."""
