"""What `harness check --json` writes: every ruling over every capture, those not observed with their reason.

results.json beside the report has the shape of any run; it has no place for what was not observed.
"""

from typing import Literal

from pydantic import Field

from harness.checks.pbx.finding import advice_for, deciding_line, evidence_of
from harness.checks.pbx.ruling import Observed, Ruling
from harness.requirements import Catalogue
from harness.requirements.product_advice import Product
from harness.results.run_result import Level, ResultModel, Text


class JudgedRequirement(ResultModel):
    """One requirement over one capture."""

    id: Text
    """``topic.slug``."""
    level: Level
    """How much it binds."""
    title: Text
    """The requirement in a few words."""
    verdict: Literal["pass", "fail", "not observed"]
    """What was not observed did not pass."""
    seen: Text
    """What the PBX did, or what the capture does not show."""
    times: int
    """How often it was seen to hold or broken."""
    frame: int | None = None
    """Number of the deciding frame in the capture file, as Wireshark counts."""
    time: float | None = None
    """Seconds since the first packet of the capture."""
    call_id: Text | None = None
    """Call-ID of the deciding message."""
    line: Text | None = None
    """The deciding line of the message."""
    message: Text = ""
    """The deciding message of a broken requirement."""
    required: Text
    """The requirement in the source's words."""
    source: Text
    """Where the words stand."""
    what_to_change: Text = ""
    """Advice; empty unless broken."""


class JudgedCapture(ResultModel):
    """One capture file."""

    file: Text
    """Its path as given."""
    problem: Text = ""
    """Why it was not judged, or not to its end."""
    username: Text = ""
    """The SIP username it was judged for."""
    trunk: list[Text] = Field(default_factory=list)
    """Addresses of the trunk."""
    inferred: list[Text] = Field(default_factory=list)
    """What was guessed, and from what."""
    product: Text | None = None
    """What the PBX calls itself."""
    packets: int = 0
    """UDP and TCP packets in the file."""
    sip_messages: int = 0
    """SIP messages between PBX and trunk."""
    requirements: list[JudgedRequirement] = Field(default_factory=list)
    """Every requirement that a check judges, in the catalogue's order."""


class CheckResult(ResultModel):
    """The content of the file that --json names."""

    schema_version: Literal["1"] = "1"
    """Version of this format."""
    harness_version: Text
    """Version of the harness."""
    catalogue_version: Text
    """A hash of the requirement catalogue."""
    status: int
    """The exit status."""
    captures: list[JudgedCapture]
    """Every file that was named."""


def judged(
    ruling: Ruling, catalogue: Catalogue, product: Product | None, username: str, start: float
) -> JudgedRequirement:
    """One ruling with the catalogue's words; `start` is the time of the capture's first packet."""
    entry = catalogue.get(ruling.requirement)
    sight = ruling.deciding
    message = sight.message if sight is not None else None
    failed = ruling.verdict is Observed.FAIL
    return JudgedRequirement(
        id=entry.id,
        level=entry.level,
        title=entry.title,
        verdict=ruling.verdict.value,
        seen=ruling.seen,
        times=len(ruling.sights),
        frame=message.traced.frame if message is not None else None,
        time=round(message.time - start, 6) if message is not None else None,
        call_id=message.message.call_id if message is not None else None,
        line=deciding_line(sight),
        message=evidence_of(sight) if failed else "",
        required=entry.words,
        source=entry.source,
        what_to_change=advice_for(entry, product, username) if failed else "",
    )
