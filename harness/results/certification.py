"""Whether a PBX earns its certificate: verdict, score by level, and what stands in the way.

Made from the results of a run (`run_result`) and from what was declared of the product; shown by
`reports.certificate` and `reports.certification_html`. It judges no scenario: that is done already.

The rules: every MUST that applies has to be met. One that is broken refuses the certificate; one that could
not be judged, or that no scenario of the run judged, leaves it open. SHOULD and MAY are scored apart and
decide nothing. What was declared not to be supported is *not applicable* and named on the certificate.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import Field

from harness.results.run_result import Level, RequirementResult, ResultModel, RunResult, Text
from harness.results.verdict import Verdict

WEIGHTS: dict[Level, int] = {"MUST": 10, "SHOULD": 3, "MAY": 1}
"""What a requirement of each level counts in the overall score."""


class CertificateVerdict(StrEnum):
    """One word about a certificate."""

    CERTIFIED = "certified"
    """Every MUST that applies was judged and met."""
    REFUSED = "refused"
    """A MUST is broken."""
    OPEN = "open"
    """No MUST was seen broken, but some were not judged."""


class Subject(ResultModel):
    """The product that was judged, as its vendor describes it."""

    vendor: Text
    """Who makes it."""
    product: Text
    """Its name."""
    version: Text
    """The version under test."""
    mode: Literal["registration", "ip"] = "registration"
    """How the trunk knows it."""
    transport: Text = "udp"
    """``udp``, ``tcp`` or ``tls``."""
    not_supported: list[Text] = Field(default_factory=list)
    """What it was declared not to do, in a reader's words."""


class LevelScore(ResultModel):
    """All requirements of one level."""

    level: Level
    """How much they bind."""
    weight: int
    """What each counts in the overall score."""
    passed: int
    """Requirements that were met."""
    failed: int
    """Requirements that are broken."""
    inconclusive: int
    """Requirements that nobody could judge, for whatever reason."""
    not_judged: int
    """Requirements that no scenario of the run judged."""
    not_applicable: int
    """Requirements taken out by what was declared."""

    @property
    def score(self) -> float | None:
        """Those met of those judged, in percent; None when none was judged."""
        judged = self.passed + self.failed
        return 100.0 * self.passed / judged if judged else None


class Obstacle(ResultModel):
    """One requirement that stands in the way of the certificate, or that was left out."""

    id: Text
    """``topic.slug``."""
    level: Level
    """How much it binds."""
    title: Text
    """The requirement in a few words."""
    reason: Text = ""
    """What was seen, or why it was not judged."""


class Certification(ResultModel):
    """What a run says of a product: the content of certificate.json."""

    kind: Literal["certification"] = "certification"
    """Tells it from results.json."""
    schema_version: Literal["1"] = "1"
    """Version of this format."""
    subject: Subject
    """The product."""
    date: datetime
    """When the run began."""
    harness_version: Text
    """Version of the harness that judged."""
    catalogue_version: Text
    """A hash of the requirement catalogue that was judged by."""
    results_sha256: Text
    """SHA-256 of the results.json that this was made from, in hexadecimal."""
    verdict: CertificateVerdict
    """MUST decides."""
    sentence: Text
    """The verdict in one sentence."""
    levels: list[LevelScore]
    """MUST, SHOULD, MAY."""
    broken: list[Obstacle]
    """Requirements of any level that are broken, MUST first."""
    open: list[Obstacle]
    """Requirements that were not judged although they apply, MUST first."""
    not_applicable: list[Obstacle]
    """Requirements taken out by what was declared."""

    @property
    def score(self) -> float | None:
        """Weighted share of requirements met of those judged, in percent; None when none was judged."""
        total = sum(each.weight * (each.passed + each.failed) for each in self.levels)
        met = sum(each.weight * each.passed for each in self.levels)
        return 100.0 * met / total if total else None

    def level(self, name: Level) -> LevelScore:
        """The score of one level."""
        return next(each for each in self.levels if each.level == name)


def certify(result: RunResult, subject: Subject, results_sha256: str) -> Certification:
    """What `result` says of `subject`; `results_sha256` is `file_sha256` of its results.json."""
    reasons = _reasons(result)
    levels = [_level(level, result.requirements) for level in WEIGHTS]
    broken = _obstacles(result, (Verdict.FAIL,), reasons)
    unjudged = _obstacles(result, (Verdict.INCONCLUSIVE, Verdict.ERROR, Verdict.NOT_COVERED), reasons)
    verdict = _verdict(levels[0])
    return Certification(
        subject=subject,
        date=result.started,
        harness_version=result.harness_version,
        catalogue_version=result.catalogue_version,
        results_sha256=results_sha256,
        verdict=verdict,
        sentence=_sentence(verdict, levels[0]),
        levels=levels,
        broken=broken,
        open=unjudged,
        not_applicable=_obstacles(result, (Verdict.NOT_APPLICABLE,), reasons),
    )


def file_sha256(path: Path) -> str:
    """SHA-256 of a file in hexadecimal. Raises OSError."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _verdict(must: LevelScore) -> CertificateVerdict:
    if must.failed:
        return CertificateVerdict.REFUSED
    if must.inconclusive or must.not_judged or not must.passed:
        return CertificateVerdict.OPEN
    return CertificateVerdict.CERTIFIED


def _sentence(verdict: CertificateVerdict, must: LevelScore) -> str:
    judged, unjudged = must.passed + must.failed, must.inconclusive + must.not_judged
    match verdict:
        case CertificateVerdict.CERTIFIED:
            return f"Every mandatory requirement that applies is met ({must.passed} of {must.passed})."
        case CertificateVerdict.REFUSED if judged == 1:
            return "The one mandatory requirement that was judged failed."
        case CertificateVerdict.REFUSED:
            return f"Of {judged} mandatory requirements that were judged, {must.failed} failed."
        case CertificateVerdict.OPEN if unjudged:
            return (
                f"Nothing mandatory failed, but {unjudged} of {judged + unjudged} mandatory requirements "
                "could not be judged."
            )
        case CertificateVerdict.OPEN:
            return "No mandatory requirement was judged."


def _level(level: Level, requirements: Sequence[RequirementResult]) -> LevelScore:
    verdicts = [each.verdict for each in requirements if each.level == level]
    return LevelScore(
        level=level,
        weight=WEIGHTS[level],
        passed=verdicts.count(Verdict.PASS),
        failed=verdicts.count(Verdict.FAIL),
        inconclusive=verdicts.count(Verdict.INCONCLUSIVE) + verdicts.count(Verdict.ERROR),
        not_judged=verdicts.count(Verdict.NOT_COVERED),
        not_applicable=verdicts.count(Verdict.NOT_APPLICABLE),
    )


def _obstacles(
    result: RunResult, verdicts: tuple[Verdict, ...], reasons: dict[tuple[str, Verdict], str]
) -> list[Obstacle]:
    found = [each for each in result.requirements if each.verdict in verdicts]
    found.sort(key=lambda each: list(WEIGHTS).index(each.level))
    return [
        Obstacle(
            id=each.id,
            level=each.level,
            title=each.title,
            reason=reasons.get((each.id, each.verdict), ""),
        )
        for each in found
    ]


def _reasons(result: RunResult) -> dict[tuple[str, Verdict], str]:
    """(requirement, verdict) -> the first thing that was said about it."""
    reasons: dict[tuple[str, Verdict], str] = {}
    for scenario in result.scenarios:
        for finding in scenario.findings:
            reasons.setdefault((finding.requirement, Verdict.FAIL), finding.seen)
        for requirement in scenario.requirements:
            if scenario.verdict is Verdict.FAIL:  # cut short: of the others nobody can tell any more
                reason = f"{scenario.title or scenario.name} failed before it was seen"
                reasons.setdefault((requirement, Verdict.INCONCLUSIVE), reason)
            reasons.setdefault((requirement, scenario.verdict), scenario.reason)
    for entry in result.requirements:
        if entry.verdict is Verdict.NOT_COVERED:
            reasons.setdefault((entry.id, Verdict.NOT_COVERED), "no scenario of this run judges it")
    return reasons
