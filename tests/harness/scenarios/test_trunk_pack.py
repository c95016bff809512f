"""The trunk pack as a whole: every scenario names requirements and has a title; no topic is thin."""

import pytest

from harness.cli.traceability import Scenario, known_scenarios

SCENARIOS = known_scenarios()
LEAST = {
    "accounts": 18,
    "registration": 12,
    "authentication": 10,
    "from_header": 5,
    "numbering": 8,
    "call": 8,
    "cancel": 4,
    "inbound": 6,
    "media": 5,
    "timers": 4,
    "capability": 8,
    "channels": 3,
    "liveness": 2,
    "security": 3,
    "transport": 7,
    "saturation": 9,
}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_scenario_names_requirements_and_has_a_sentence_as_title(scenario: Scenario) -> None:
    assert scenario.requirements
    assert scenario.title.endswith(".")
    assert not scenario.title.startswith("test_")


@pytest.mark.parametrize(("topic", "least"), LEAST.items())
def test_a_topic_has_enough_scenarios(topic: str, least: int) -> None:
    assert sum(each.name.startswith(f"{topic}/") for each in SCENARIOS) >= least
