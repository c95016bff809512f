"""From the verdicts of scenarios to the verdicts of the requirements they judge, and to the run as a whole.

A scenario usually touches several requirements. When it fails, only those that its findings name are
broken; of the others nobody can tell any more, since the scenario was cut short. Knows nothing of catalogue
files: whatever has an id, a level and words will do.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from harness.results.run_result import Level, RequirementResult, RunResult, ScenarioResult, TargetInfo
from harness.results.totals import Totals, count_verdicts
from harness.results.verdict import Verdict, merge


class Judgeable(Protocol):
    """What a catalogue entry must have to be judged; `harness.requirements` has it."""

    @property
    def id(self) -> str:
        """``topic.slug``."""

    @property
    def level(self) -> Level:
        """How much it binds."""

    @property
    def title(self) -> str:
        """A few words."""

    @property
    def words(self) -> str:
        """The source's words."""

    @property
    def source(self) -> str:
        """Where they stand."""


def judge_requirements(
    requirements: Iterable[Judgeable], scenarios: Sequence[ScenarioResult]
) -> list[RequirementResult]:
    """One result for each of `requirements`, in their order; those no scenario judges are *not covered*."""
    judged: dict[str, list[tuple[str, Verdict]]] = {}
    for scenario in scenarios:
        for requirement, verdict in requirement_verdicts(scenario).items():
            judged.setdefault(requirement, []).append((scenario.name, verdict))
    return [_result(requirement, judged.get(requirement.id, [])) for requirement in requirements]


def requirement_verdicts(scenario: ScenarioResult) -> dict[str, Verdict]:
    """What `scenario` says of each requirement it judges or that its findings name.

    A failed scenario without findings fails all it judges: a failure is never lost for want of detail.
    """
    named = {finding.requirement for finding in scenario.findings}
    if scenario.verdict is not Verdict.FAIL or not named:
        return dict.fromkeys(scenario.requirements, scenario.verdict)
    rest = dict.fromkeys(scenario.requirements, Verdict.INCONCLUSIVE)
    return rest | dict.fromkeys(sorted(named), Verdict.FAIL)


def make_run_result(
    *,
    requirements: Iterable[Judgeable],
    scenarios: Sequence[ScenarioResult],
    target: TargetInfo,
    started: datetime,
    duration_s: float,
    harness_version: str,
    catalogue_version: str,
    fault: str | None = None,
    files: dict[str, str] | None = None,
    environment: dict[str, str] | None = None,
) -> RunResult:
    """A whole run, its requirements judged and its totals counted from `scenarios`."""
    judged = judge_requirements(requirements, scenarios)
    return RunResult(
        harness_version=harness_version,
        catalogue_version=catalogue_version,
        started=started,
        duration_s=duration_s,
        target=target,
        fault=fault,
        verdict=merge(scenario.verdict for scenario in scenarios),
        requirements=judged,
        scenarios=list(scenarios),
        totals=Totals(
            scenarios=count_verdicts(scenario.verdict for scenario in scenarios),
            requirements=count_verdicts(requirement.verdict for requirement in judged),
        ),
        files=files or {},
        environment=environment or {},
    )


def _result(requirement: Judgeable, judged: list[tuple[str, Verdict]]) -> RequirementResult:
    return RequirementResult(
        id=requirement.id,
        level=requirement.level,
        title=requirement.title,
        words=requirement.words,
        source=requirement.source,
        verdict=merge((verdict for _, verdict in judged), nothing=Verdict.NOT_COVERED),
        scenarios=[name for name, _ in judged],
    )
