"""The PBX pack as a whole: every scenario names one requirement, has a title, and can be seen to fail."""

import pytest

from harness.cli.traceability import PBX_SCENARIOS, Scenario, known_scenarios
from harness.pbx_simulator.faults.registry import FAULTS
from harness.requirements import load_catalogue

SCENARIOS = known_scenarios(PBX_SCENARIOS)
LEAST = {
    "registration": 9,
    "authentication": 8,
    "from_header": 3,
    "numbering": 5,
    "call": 14,
    "inbound": 18,
    "media": 11,
    "ip_mode": 2,
    "robustness": 10,
}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_scenario_names_one_requirement_of_a_pbx_and_has_a_sentence_as_title(scenario: Scenario) -> None:
    (requirement,) = scenario.requirements
    assert load_catalogue().get(requirement).binds == "pbx"
    assert load_catalogue().get(requirement).advice
    assert scenario.title.endswith(".")
    assert not scenario.title.startswith("test_")


@pytest.mark.parametrize(("topic", "least"), LEAST.items())
def test_a_topic_has_enough_scenarios(topic: str, least: int) -> None:
    assert sum(each.name.startswith(f"{topic}/") for each in SCENARIOS) >= least


def test_there_are_fifty_at_least_and_names_differ() -> None:
    functions = [each.name.rpartition("/")[2] for each in SCENARIOS]
    assert len(set(functions)) == len(functions) >= 50


def test_each_requirement_that_a_scenario_judges_has_a_fault_that_proves_it() -> None:
    judged = {requirement for scenario in SCENARIOS for requirement in scenario.requirements}
    assert sorted(judged - {fault.requirements[0] for fault in FAULTS}) == []


def test_each_fault_breaks_a_requirement_that_a_scenario_judges() -> None:
    judged = {requirement for scenario in SCENARIOS for requirement in scenario.requirements}
    assert sorted({fault.requirements[0] for fault in FAULTS} - judged) == []
