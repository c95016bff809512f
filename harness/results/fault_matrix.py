"""The proof that scenarios can fail: each injected fault, and the scenarios that caught it.

Filled by whoever runs the faults one after another, shown by `reports`. A fault counts as caught when a
scenario that names the fault's requirement failed.
"""

from datetime import datetime
from typing import Literal

from pydantic import Field

from harness.results.run_result import SCHEMA_VERSION, ResultModel, Text
from harness.results.verdict import Verdict


class FaultResult(ResultModel):
    """One fault and what became of it."""

    name: Text
    """Kebab-case name, as ``--fault`` takes it."""
    requirement: Text
    """Id of the one requirement the fault breaks."""
    description: Text
    """What the faulty side does wrong, in one sentence."""
    caught_by: list[Text]
    """Scenarios that failed and name the requirement."""
    also_failed: list[Text] = Field(default_factory=list)
    """Scenarios that failed without naming it: consequences, or scenarios that judge too much."""
    caught: bool
    """True when a scenario naming the requirement failed with a finding of that requirement."""
    duration_s: float
    """How long the run with this fault took, in seconds."""


class FaultMatrix(ResultModel):
    """All faults of one side against all scenarios."""

    schema_version: Literal["1"] = SCHEMA_VERSION
    """Version of this format."""
    harness_version: Text = ""
    """Version of the harness that ran."""
    started: datetime | None = None
    """When the first run began."""
    duration_s: float = 0.0
    """How long all runs took together, in seconds."""
    baseline: Verdict
    """Verdict of the run without any fault."""
    baseline_failed: list[Text] = Field(default_factory=list)
    """Scenarios that did not pass in the run without any fault."""
    faults: list[FaultResult]
    """Every fault, in the order they ran."""

    @property
    def missed(self) -> list[FaultResult]:
        """The faults that no scenario caught."""
        return [fault for fault in self.faults if not fault.caught]

    @property
    def proven(self) -> bool:
        """True when the correct side passed everything and every fault was caught."""
        return self.baseline is Verdict.PASS and not self.missed

    @property
    def scenarios(self) -> list[str]:
        """Every scenario that failed for some fault: the columns of the matrix.

        Those that caught a fault come first, in the order of the faults, so that the catches lie near the
        diagonal.
        """
        catching = [name for fault in self.faults for name in fault.caught_by]
        others = sorted(name for fault in self.faults for name in fault.also_failed)
        return list(dict.fromkeys(catching + others))
