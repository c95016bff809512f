"""What may be said of a scenario, a requirement or a run, and how such words merge.

The order is that of TTCN-3 (ETSI ES 201 873-1 section 24): pass < inconclusive < fail < error, and merging
only worsens. *Not applicable* and *not covered* lie outside the order: they say that nothing was judged,
and give way to anything that was. Which words a scenario earned is told by `run_result`, those of
requirements by `requirement_verdicts`.
"""

from collections.abc import Iterable
from enum import StrEnum


class Verdict(StrEnum):
    """One word of judgement."""

    PASS = "pass"
    """All that was required was seen."""
    INCONCLUSIVE = "inconclusive"
    """Nobody can tell whose fault it is; the reason stands beside the verdict."""
    FAIL = "fail"
    """The target broke a requirement; a finding names it."""
    ERROR = "error"
    """The harness itself failed; says nothing about the target."""
    NOT_APPLICABLE = "not_applicable"
    """The target does not offer what the scenario needs; never means "could not"."""
    NOT_COVERED = "not_covered"
    """No scenario of this run judges the requirement. Only requirements have this verdict."""

    @property
    def words(self) -> str:
        """The verdict as it stands in a sentence: ``not applicable``."""
        return self.value.replace("_", " ")


JUDGED = (Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.FAIL, Verdict.ERROR)
"""The verdicts that say something was judged, from best to worst."""

_RANK = {verdict: rank for rank, verdict in enumerate((Verdict.NOT_COVERED, Verdict.NOT_APPLICABLE, *JUDGED))}


def merge(verdicts: Iterable[Verdict], *, nothing: Verdict = Verdict.NOT_APPLICABLE) -> Verdict:
    """The worst of `verdicts`; `nothing` when there are none."""
    return max(verdicts, key=_RANK.__getitem__, default=nothing)


def worst_first(verdict: Verdict) -> int:
    """A sort key that puts errors and failures before what passed."""
    return -_RANK[verdict]
