"""Real PBXs are certified without a hand on them: Kamailio with three kinds of phones, baresip, linphonec.

A selection of scenarios each; whole runs, and what they find, are told in docs/interop.md.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from pathlib import Path

import pytest

from harness.cli.failure import status_of
from harness.results import ScenarioResult, Verdict, load_results
from tests.interop.certify_baresip import certify_baresip
from tests.interop.certify_demo import certify_kamailio
from tests.interop.certify_linphone import certify_linphone
from tests.interop.program import installed_program

pytestmark = [pytest.mark.interop, pytest.mark.timeout(900), pytest.mark.xdist_group("certify")]

REGISTERED = "test_the_pbx_registers or test_the_credentials_are_the_profiles"
CALLS = (
    "test_from_names_the_sip_username or test_an_answered_call or test_a_phone_that_hangs_up_ends_the_call"
)
RECEIVED = "is_not_challenged or test_an_inbound_call_is_answered or test_a_caller_who_hangs_up_is_released"
WATCHED = (
    "test_a_busy_phone or test_a_caller_who_gives_up or test_a_refusal_reaches_the_caller or test_digits_are "
    "or test_the_echo_test or test_an_inbound_call_is_heard or test_two_calls or test_a_ringing_phone"
)
"""What needs a phone that is moved, and watched."""
OF_KAMAILIO = (
    "test_a_national_number or test_each_number or test_maddr or test_a_stale_nonce or test_rejected "
    "or test_an_emergency_call"
)
BY_SIPP = (
    "test_from_names_the_sip_username or test_an_answered_call or test_a_full_number "
    "or test_a_national_number or test_a_refusal_reaches_the_caller or test_an_inbound_call_is_answered "
    "or test_a_caller_who_gives_up_cancels or is_not_challenged"
)
"""What SIPp can play, which ends its calls when its scenario says so."""


ATTEMPTS = 3
"""Runs of a scenario until something other than the machine is to blame."""
FILES = {"report.html", "certificate.html", "certificate.pdf", "junit.xml", "trace.pcap"}
PASSED = frozenset({Verdict.PASS})
PASSED_OR_NOT_OFFERED = frozenset({Verdict.PASS, Verdict.NOT_APPLICABLE})

Certify = Callable[[Path, str, str], Coroutine[None, None, int]]
"""Where results go and two words of the command line -> the exit status."""


def certified(
    certify: Certify,
    folder: Path,
    words: str,
    *,
    verdicts: frozenset[Verdict] = PASSED,
    broken: frozenset[str] = frozenset(),
) -> list[ScenarioResult]:
    """Results, all of them among `verdicts` but for scenarios that find what is `broken`, which is found.

    What came out otherwise is run again, alone: a phone that the machine lets stand still for seconds looks
    like one that does not answer. What a product does not do, it does not do each time.
    """
    results: dict[str, ScenarioResult] = {}
    odd: set[str] = set()
    for attempt in range(ATTEMPTS):
        for scenario in run_once(certify, folder / str(attempt), words):
            if scenario.name in odd or scenario.name not in results:
                results[scenario.name] = scenario
        odd = {
            name
            for name, each in results.items()
            if not (found_in([each]) <= broken if each.findings else each.verdict in verdicts)
        }
        if not odd:
            break
        words = " or ".join(sorted({function_of(name) for name in odd}))
    assert not odd, [f"{name}: {results[name].verdict.words}: {results[name].reason}" for name in sorted(odd)]
    assert found_in(results.values()) == broken
    return list(results.values())


def run_once(certify: Certify, out: Path, words: str) -> list[ScenarioResult]:
    """What one run found; its exit status and its files are as they must be."""
    status = asyncio.run(certify(out, "-k", words))
    result = load_results(out / "results.json")
    assert status == status_of(result.verdict)
    assert {each.name for each in out.iterdir()} >= FILES
    return result.scenarios


def found_in(results: Iterable[ScenarioResult]) -> set[str]:
    """The requirements that are broken there."""
    return {finding.requirement for each in results for finding in each.findings}


def function_of(name: str) -> str:
    """The function of ``topic/function[parameters]``."""
    return name.partition("/")[2].partition("[")[0]


def test_kamailio_with_phones_of_the_harness(tmp_path: Path) -> None:
    installed_program("kamailio")
    words = " or ".join([REGISTERED, CALLS, RECEIVED, OF_KAMAILIO, "test_options", "test_audio_before"])
    assert len(certified(partial(certify_kamailio, phones="harness"), tmp_path, words)) >= 15


def test_kamailio_with_baresip(tmp_path: Path) -> None:
    """Calls out and in, busy, CANCEL, refusals, DTMF and audio with real phones."""
    installed_program("kamailio")
    installed_program("baresip")
    words = " or ".join([CALLS, RECEIVED, WATCHED, OF_KAMAILIO])
    assert len(certified(partial(certify_kamailio, phones="baresip"), tmp_path, words)) >= 25


def test_kamailio_with_sipp(tmp_path: Path) -> None:
    installed_program("kamailio")
    installed_program("sipp")
    assert len(certified(partial(certify_kamailio, phones="sipp"), tmp_path, BY_SIPP)) >= 14


def test_baresip_alone(tmp_path: Path) -> None:
    """It answers each 407 anew, up to a limit of its own."""
    installed_program("baresip")
    words = " or ".join([REGISTERED, CALLS, RECEIVED, WATCHED, "test_rejected", "stops_unregisters"])
    broken = frozenset({"authentication.pbx-stops"})
    results = certified(certify_baresip, tmp_path, words, verdicts=PASSED_OR_NOT_OFFERED, broken=broken)
    assert {each.verdict for each in results} == {*PASSED_OR_NOT_OFFERED, Verdict.FAIL}


def test_linphonec_alone(tmp_path: Path) -> None:
    installed_program("linphonec")
    words = " or ".join(
        [REGISTERED, CALLS, RECEIVED, "test_digits_are", "test_the_echo", "stops_unregisters"]
    )
    certified(certify_linphone, tmp_path, words, verdicts=PASSED_OR_NOT_OFFERED)
