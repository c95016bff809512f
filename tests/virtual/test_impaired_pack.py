"""The scenarios on a network that loses, delays, duplicates and reorders packets, from a seed.

Three packets in ten are lost, one of each request's exchange at most (`loss`): RFC 3261's retransmissions
make that good within the time that scenarios give, so all verdicts are those of a perfect network.
"""

import pytest

from harness.results import Verdict
from tests.virtual.pack_run import PackRun, run_pack, scenario_functions
from tests.virtual.test_trunk_pack import EXCLUDED

pytestmark = pytest.mark.timeout(900)  # a run of all scenarios, which is seconds on an idle machine
SEEDS = (1, 2, 3)
NETWORK = {"loss": 0.3, "duplicate": 0.1, "reorder": 0.2, "delay": 0.02}
BY_HAND = "it sends a request by hand, which nobody repeats when it is lost"
COUNTS = "it counts repetitions, which loss and duplication change"
UNHEARD = "media that comes before the 200, because the first 200 was lost, is not heard"
NO_TIME = "both legs of an INVITE with one loss each take longer than the second it gives"
NOT_GUARANTEED = {
    **EXCLUDED,
    "call/test_bye_without_a_call_is_answered_with_481": BY_HAND,
    "cancel/test_a_cancel_without_invite_is_answered_with_481": BY_HAND,
    "capability/test_a_malformed_request": BY_HAND,
    "capability/test_another_sip_version": BY_HAND,
    "capability/test_the_same_request_over_another_way": BY_HAND,
    "registration/test_the_answer_to_register_takes_the_way_back": BY_HAND,
    "response/test_all_vias_are_repeated_in_order": BY_HAND,
    "response/test_rport_is_filled_and_obeyed": BY_HAND,
    "timers/test_a_repeated_invite_is_no_second_call": COUNTS,
    "timers/test_a_refusal_is_repeated_until_ack": BY_HAND,
    "timers/test_a_repeated_options_gets_the_same_answer": COUNTS,
    "timers/test_ack_ends_the_repetition_of_the_200": COUNTS,
    "media/test_digits_of_the_far_end_arrive": UNHEARD,
    "call/test_invite_is_answered_with_100": NO_TIME,
}
"""Scenario -> why retransmission does not guarantee its verdict."""
FUNCTIONS = [name for name in scenario_functions() if name not in NOT_GUARANTEED]


@pytest.fixture(scope="module", params=SEEDS, ids=lambda seed: f"seed{seed}")
def pack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> PackRun:
    options = [f"--virtual-{fault}={value}" for fault, value in NETWORK.items()]
    folder = tmp_path_factory.mktemp("impaired")
    return run_pack(folder, *options, f"--virtual-seed={request.param}", without=NOT_GUARANTEED)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_scenario_passes_on_a_bad_network(pack: PackRun, name: str) -> None:
    results = pack.results.get(name, [])
    assert results, f"{name} did not run"
    for result in results:
        assert result.verdict is Verdict.PASS, f"{result.name}: {result.verdict.words}: {result.reason}"


def test_what_is_not_guaranteed_exists() -> None:
    assert set(NOT_GUARANTEED) <= set(scenario_functions())
