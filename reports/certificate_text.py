"""What stands on a certificate, in words for readers who don't know SIP: the same for page and PDF.

A `Certification` in, texts out; `certificate` lays them out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC

from harness.results import CertificateVerdict, Certification, LevelScore, Obstacle
from harness.results.run_result import Level

LEVEL_WORDS: dict[Level, str] = {"MUST": "Mandatory", "SHOULD": "Recommended", "MAY": "Optional"}
"""Levels of RFC 2119 in a reader's words."""

HEADINGS = {
    CertificateVerdict.CERTIFIED: "Certificate of conformance",
    CertificateVerdict.REFUSED: "Test result: no certificate",
    CertificateVerdict.OPEN: "Test result: certificate not decided",
}
VERDICT_WORDS = {
    CertificateVerdict.CERTIFIED: "certified",
    CertificateVerdict.REFUSED: "not certified",
    CertificateVerdict.OPEN: "not decided",
}

LINES = 12
"""What all lists together may name; a certificate is one page."""
LONGEST_TITLE = 90
LONGEST_NAME = 60
LONGEST_VERSION = 30


@dataclass(frozen=True, slots=True)
class LevelRow:
    """One row of the score table."""

    name: str
    weight: str
    score: str
    """``95 %``, or a dash when nothing was judged."""
    met: int
    failed: int
    unjudged: int
    not_applicable: int


@dataclass(frozen=True, slots=True)
class NamedList:
    """A heading and the requirements below it."""

    heading: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CertificateText:
    """All words of a certificate, in their order."""

    heading: str
    verdict: CertificateVerdict
    verdict_words: str
    product: str
    vendor: str
    sentence: str
    explanation: str
    rows: tuple[LevelRow, ...]
    overall: str
    lists: tuple[NamedList, ...]
    facts: tuple[tuple[str, str], ...]
    footnote: str


def certificate_text(certification: Certification) -> CertificateText:
    """The words of `certification`."""
    subject = certification.subject
    weights = ", ".join(f"{LEVEL_WORDS[each.level].lower()} {each.weight}" for each in certification.levels)
    return CertificateText(
        heading=HEADINGS[certification.verdict],
        verdict=certification.verdict,
        verdict_words=VERDICT_WORDS[certification.verdict],
        product=f"{_cut(subject.product, LONGEST_NAME)} {_cut(subject.version, LONGEST_VERSION)}",
        vendor=_cut(subject.vendor, LONGEST_NAME),
        sentence=certification.sentence,
        explanation=_explanation(certification),
        rows=tuple(_row(each) for each in certification.levels),
        overall=f"Overall score {percent(certification.score)} (weights: {weights}). "
        "Mandatory requirements alone decide.",
        lists=_lists(certification),
        facts=_facts(certification),
        footnote="This page states what one test run saw. It is valid for the version named above only, and "
        "together with the results file that its SHA-256 identifies.",
    )


def _explanation(certification: Certification) -> str:
    mode = {
        "registration": "signs in with a user name and a password",
        "ip": "is recognised by its internet address",
    }[certification.subject.mode]
    return (
        "Tested was whether this telephone system works with a telephone line over the internet of the Skype "
        f"Connect kind: whether it {mode}, makes and takes calls, sends numbers in the international form, "
        "and carries speech both ways, as the line's Quick Start Guide and the internet standards for "
        "telephony demand."
    )


def _row(score: LevelScore) -> LevelRow:
    return LevelRow(
        name=LEVEL_WORDS[score.level],
        weight=str(score.weight),
        score=percent(score.score),
        met=score.passed,
        failed=score.failed,
        unjudged=score.inconclusive + score.not_judged,
        not_applicable=score.not_applicable,
    )


def percent(score: float | None) -> str:
    """Rounded down, so that only 100 % is called that."""
    return "–" if score is None else f"{int(score + 1e-9)} %"


def _lists(certification: Certification) -> tuple[NamedList, ...]:
    named = (
        ("Failed", _titles(certification.broken)),
        ("Could not be judged", _titles(certification.open)),
        ("Does not apply: declared so by the vendor, or not used", _titles(certification.not_applicable)),
        ("Declared not to be supported", certification.subject.not_supported),
    )
    filled = [(heading, items) for heading, items in named if items]
    most = LINES // max(1, len(filled))
    return tuple(NamedList(heading, _shortened(items, most)) for heading, items in filled)


def _titles(obstacles: Sequence[Obstacle]) -> list[str]:
    return [f"{_cut(each.title, LONGEST_TITLE)} ({LEVEL_WORDS[each.level].lower()})" for each in obstacles]


def _shortened(items: Sequence[str], most: int) -> tuple[str, ...]:
    shown = tuple(_cut(each, LONGEST_TITLE + 20) for each in items[:most])
    more = len(items) - len(shown)
    return (*shown, f"and {more} more, named in the report") if more else shown


def _facts(certification: Certification) -> tuple[tuple[str, str], ...]:
    date = certification.date.astimezone(UTC).strftime("%-d %B %Y, %H:%M UTC")
    mode = {"registration": "registration", "ip": "IP authentication"}[certification.subject.mode]
    return (
        ("Date of the test", date),
        ("Connection", f"{mode}, {certification.subject.transport.upper()}"),
        ("Requirement catalogue", certification.catalogue_version),
        ("Test software", f"SIP harness {certification.harness_version}"),
        ("SHA-256 of results.json", certification.results_sha256),
    )


def _cut(text: str, characters: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= characters else f"{line[: characters - 1]}…"
