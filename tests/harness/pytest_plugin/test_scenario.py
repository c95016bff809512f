"""What the phases of a scenario say together: verdicts only worsen, a teardown passes nothing."""

import pytest

from harness.pytest_plugin.outcome import Outcome
from harness.pytest_plugin.scenario import RunningScenario
from harness.results import Verdict


@pytest.mark.parametrize(
    ("verdicts", "together"),
    [
        ([Verdict.PASS, Verdict.PASS, Verdict.PASS], Verdict.PASS),
        ([Verdict.NOT_APPLICABLE, Verdict.PASS], Verdict.NOT_APPLICABLE),
        ([Verdict.PASS, Verdict.NOT_APPLICABLE, Verdict.PASS], Verdict.NOT_APPLICABLE),
        ([Verdict.NOT_APPLICABLE, Verdict.ERROR], Verdict.ERROR),
        ([Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.PASS], Verdict.INCONCLUSIVE),
        ([Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE], Verdict.FAIL),
        ([Verdict.PASS, Verdict.FAIL, Verdict.ERROR], Verdict.ERROR),
    ],
)
def test_phases_merge_into_one_verdict(
    request: pytest.FixtureRequest, verdicts: list[Verdict], together: Verdict
) -> None:
    scenario = RunningScenario(request.node, 0)
    for verdict in verdicts:
        scenario.take(Outcome(verdict, f"it was {verdict.words}"))
    assert scenario.outcome.verdict is together
    if together is not Verdict.PASS:
        assert scenario.outcome.reason == f"it was {together.words}"


def test_the_first_of_two_equal_verdicts_keeps_its_reason(request: pytest.FixtureRequest) -> None:
    scenario = RunningScenario(request.node, 0)
    for reason in ("first", "second"):
        scenario.take(Outcome(Verdict.FAIL, reason))
    assert scenario.outcome.reason == "first"
