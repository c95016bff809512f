"""When a fault counts as caught."""

from harness.cli.fault_matrix import judge_fault, run_environment, words_for
from harness.cli.traceability import Fault
from harness.results import Finding, RunResult, ScenarioResult, Verdict
from tests.harness.cli.runs import run_of, scenario

ECHO_SILENT = Fault("echo-silent", "trunk", "media.echo", "Sends silence.")


def failed(name: str, requirement: str, marked: str) -> ScenarioResult:
    finding = Finding(requirement=requirement, level="MUST", seen="x", required="y", source="z")
    return scenario(name, Verdict.FAIL, requirements=[marked], findings=[finding])


def judged(*scenarios: ScenarioResult) -> tuple[bool, list[str], list[str]]:
    result: RunResult = run_of(*scenarios)
    found = judge_fault(ECHO_SILENT, result)
    return found.caught, found.caught_by, found.also_failed


def test_a_fault_is_caught_by_a_finding_of_its_requirement() -> None:
    caught = judged(failed("media/test_echo", "media.echo", "media.echo"))
    assert caught == (True, ["media/test_echo"], [])


def test_a_failure_for_another_requirement_is_only_a_consequence() -> None:
    caught = judged(failed("media/test_dtmf", "media.dtmf", "media.dtmf"))
    assert caught == (False, [], ["media/test_dtmf"])


def test_a_scenario_that_fails_for_another_of_its_requirements_proves_nothing() -> None:
    assert judged(failed("media/test_echo", "media.delay", "media.echo"))[0] is False


def test_a_run_that_passes_misses_the_fault() -> None:
    assert judged(scenario("media/test_echo", Verdict.PASS, requirements=["media.echo"])) == (False, [], [])


def test_runs_share_bytecode_only_where_python_is_told_to_keep_none() -> None:
    silent = {"PATH": "/bin", "PYTHONDONTWRITEBYTECODE": "1"}
    assert run_environment(silent, "/x") == {"PATH": "/bin", "PYTHONPYCACHEPREFIX": "/x"}
    assert run_environment({"PATH": "/bin"}, "/x") == {"PATH": "/bin"}


def test_scenarios_that_fill_profiles_run_with_their_own_faults_alone() -> None:
    race = Fault("limit-race", "trunk", "saturation.exact-under-race", "Passes the limit.")
    assert words_for(race, None) == words_for(race, "cancel") == "saturation"
    assert words_for(ECHO_SILENT, None) == "not saturation"
    assert words_for(ECHO_SILENT, "cancel or hold") == "(cancel or hold) and not saturation"
    assert words_for(None, None) is None
    assert words_for(None, "cancel") == "cancel"
