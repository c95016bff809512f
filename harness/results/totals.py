"""How many scenarios and requirements have each verdict.

Counting only; the lists themselves are in `run_result`.
"""

from collections import Counter
from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

from harness.results.verdict import Verdict


class Totals(BaseModel):
    """Counts by verdict; every verdict has an entry, zero included."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, use_attribute_docstrings=True)

    scenarios: dict[Verdict, int]
    """Scenarios by verdict."""
    requirements: dict[Verdict, int]
    """Requirements by verdict."""


def count_verdicts(verdicts: Iterable[Verdict]) -> dict[Verdict, int]:
    """How often each verdict occurs, all verdicts named, in their declared order."""
    counted = Counter(verdicts)
    return {verdict: counted[verdict] for verdict in Verdict}
