"""What the checks found in the sampled calls of all workers, with the catalogue's words.

The engine chooses and judges (`engine.call_sample`) and a worker's report carries what is new; here it comes
together. A target that is wrong is wrong in every call, so only the first findings of each requirement are
kept and the others are counted.
"""

from collections import Counter
from typing import Any

from harness.load.engine.call_sample import SampleFinding
from harness.requirements.catalogue import load_catalogue
from harness.results import Finding

KEPT_EACH = 3
"""Findings of one requirement that are shown."""
NAMED = 3
"""Requirements that the criterion names."""


def as_json(finding: SampleFinding) -> dict[str, str]:
    """A finding as a worker reports it; bytes that are no UTF-8 are shown as escapes."""
    return {
        "requirement": finding.requirement,
        "call_id": finding.call_id,
        "seen": finding.seen,
        "message": finding.message.decode("utf-8", "backslashreplace"),
    }


class SampleFindings:
    """Findings by requirement, and of how many calls."""

    def __init__(self) -> None:
        self.judged = 0
        """Calls that went through all checks."""
        self.kept: list[Finding] = []
        self._counts: Counter[str] = Counter()

    def take(self, report: dict[str, Any]) -> None:
        """Add what a worker reported: ``judged``, and ``findings`` as `as_json` makes them."""
        self.judged += report["judged"]
        for each in report["findings"]:
            self._counts[each["requirement"]] += 1
            if self._counts[each["requirement"]] <= KEPT_EACH:
                self.kept.append(_finding(each))

    @property
    def count(self) -> int:
        """All findings, those included that were not kept."""
        return self._counts.total()

    @property
    def named(self) -> str:
        """Requirements and calls in a few words: ``call.contact-in-2xx (12, first in call 5f0b...)``."""
        words = []
        for requirement, count in self._counts.most_common(NAMED):
            first = next(each for each in self.kept if each.requirement == requirement)
            words.append(f"{requirement} ({count}, first in Call-ID {first.call_id or 'unreadable'})")
        more = len(self._counts) - len(words)
        return ", ".join(words) + (f" and {more} more requirements" if more else "")


def _finding(told: dict[str, str]) -> Finding:
    catalogue = load_catalogue()
    name = told["requirement"]
    requirement = catalogue.get(name) if name in catalogue else None
    return Finding(
        requirement=name,
        level=requirement.level if requirement else "MUST",
        seen=told["seen"],
        required=requirement.words if requirement else "",
        source=requirement.source if requirement else "",
        call_id=told["call_id"] or None,
        what_to_change=requirement.advice if requirement else "",
        evidence=told["message"],
    )
