"""Every scenario of the trunk's pack passes in virtual time over UDP and TCP, on a network without faults."""

import pytest

from harness.results import Verdict
from tests.virtual.pack_run import PackRun, run_pack, scenario_functions

pytestmark = pytest.mark.timeout(900)  # a run of all scenarios, which is seconds on an idle machine
NEEDS_PROGRAMS = "a scanner of sipvicious runs as a process with real sockets"
NEEDS_LOCUST = "Locust fills the profile in a process of its own"
NEEDS_BYTES = "the simulated network carries messages, not the bytes of a stream"
EXCLUDED = {
    "security/test_svmap_finds_the_trunk": NEEDS_PROGRAMS,
    "security/test_svwar_cannot_tell_users_apart": NEEDS_PROGRAMS,
    "security/test_svcrack_is_locked_out": NEEDS_PROGRAMS,
    **{name: NEEDS_LOCUST for name in scenario_functions() if name.startswith("saturation/")},
    "transport/test_two_messages_in_one_segment": NEEDS_BYTES,
    "transport/test_one_message_in_several_segments": NEEDS_BYTES,
}
"""Scenario -> why it cannot run in virtual time."""
EXCLUDED_OVER_TCP = {
    **EXCLUDED,
    "inbound/test_the_call_goes_to_the_registered_contact": "the trunk calls back on REGISTER's connection",
}
NOT_APPLICABLE_OVER_TCP = {
    "timers/test_a_refusal_is_repeated_until_ack": "timer G runs over UDP alone",
    "timers/test_a_repeated_options_gets_the_same_answer": "timer J is 0 over TCP",
    "registration/test_the_answer_to_register_takes_the_way_back": "a response takes the connection",
    "response/test_rport_is_filled_and_obeyed": "a response takes the connection",
}


@pytest.fixture(scope="module")
def over_udp(tmp_path_factory: pytest.TempPathFactory) -> PackRun:
    return run_pack(tmp_path_factory.mktemp("udp"), without=EXCLUDED)


@pytest.fixture(scope="module")
def over_tcp(tmp_path_factory: pytest.TempPathFactory) -> PackRun:
    return run_pack(tmp_path_factory.mktemp("tcp"), without=EXCLUDED_OVER_TCP, transport="tcp")


def expect_verdict(pack: PackRun, name: str, wanted: Verdict) -> None:
    results = pack.results.get(name, [])
    assert results, f"{name} did not run"
    for result in results:
        assert result.verdict is wanted, f"{result.name}: {result.verdict.words}: {result.reason}"


@pytest.mark.parametrize("name", [name for name in scenario_functions() if name not in EXCLUDED])
def test_a_scenario_passes_over_udp(over_udp: PackRun, name: str) -> None:
    expect_verdict(over_udp, name, Verdict.PASS)


@pytest.mark.parametrize("name", [name for name in scenario_functions() if name not in EXCLUDED_OVER_TCP])
def test_a_scenario_passes_over_tcp(over_tcp: PackRun, name: str) -> None:
    expect_verdict(
        over_tcp, name, Verdict.NOT_APPLICABLE if name in NOT_APPLICABLE_OVER_TCP else Verdict.PASS
    )


def test_what_is_excluded_exists() -> None:
    assert {*EXCLUDED_OVER_TCP, *NOT_APPLICABLE_OVER_TCP} <= set(scenario_functions())
