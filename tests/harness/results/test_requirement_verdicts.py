"""Verdicts of requirements from those of scenarios."""

import pytest

from harness.results import Finding, ScenarioResult, Verdict, judge_requirements, requirement_verdicts
from tests.reports.run_factory import make_finding, make_requirement, make_run, make_scenario

RULES = [make_requirement("call.rule-1"), make_requirement("call.rule-2"), make_requirement("call.rule-3")]


def scenario(verdict: Verdict, *, broken: tuple[str, ...] = (), name: str = "call/test_it") -> ScenarioResult:
    findings: list[Finding] = [make_finding(requirement) for requirement in broken]
    return make_scenario(name, verdict, requirements=["call.rule-1", "call.rule-2"], findings=findings)


def judged(*scenarios: ScenarioResult) -> list[Verdict]:
    return [result.verdict for result in judge_requirements(RULES, scenarios)]


def test_a_failing_scenario_fails_only_what_its_findings_name() -> None:
    verdicts = judged(scenario(Verdict.FAIL, broken=("call.rule-2",)))
    assert verdicts == [Verdict.INCONCLUSIVE, Verdict.FAIL, Verdict.NOT_COVERED]


def test_a_failing_scenario_without_findings_fails_all_it_judges() -> None:
    assert judged(scenario(Verdict.FAIL))[:2] == [Verdict.FAIL, Verdict.FAIL]


def test_a_finding_counts_against_a_requirement_the_scenario_did_not_announce() -> None:
    assert (
        requirement_verdicts(scenario(Verdict.FAIL, broken=("call.rule-3",)))["call.rule-3"] is Verdict.FAIL
    )


@pytest.mark.parametrize(
    "verdict", [Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.ERROR, Verdict.NOT_APPLICABLE]
)
def test_any_other_verdict_holds_for_all_requirements_of_the_scenario(verdict: Verdict) -> None:
    assert judged(scenario(verdict))[:2] == [verdict, verdict]


def test_a_requirement_is_applicable_when_one_of_its_scenarios_is() -> None:
    assert (
        judged(scenario(Verdict.NOT_APPLICABLE), scenario(Verdict.PASS, name="call/test_other"))[0]
        is Verdict.PASS
    )


def test_a_requirement_lists_the_scenarios_that_judge_it() -> None:
    first, _, third = judge_requirements(RULES, [scenario(Verdict.PASS)])
    assert first.scenarios == ["call/test_it"]
    assert third.scenarios == []


def test_a_run_takes_the_worst_verdict_and_counts_all() -> None:
    run = make_run([scenario(Verdict.PASS), scenario(Verdict.INCONCLUSIVE, name="call/test_other")])
    assert run.verdict is Verdict.INCONCLUSIVE
    assert run.totals.scenarios[Verdict.PASS] == 1
    assert run.totals.scenarios[Verdict.ERROR] == 0
    assert sum(run.totals.requirements.values()) == len(run.requirements)
