"""Real PBXs are certified without a hand on them: Kamailio with three kinds of phones, baresip, linphonec.

A selection of scenarios each; whole runs, and what they find, are told in docs/interop.md.
"""

import asyncio
from collections.abc import Coroutine
from pathlib import Path

import pytest

from harness.results import RunResult, Verdict, load_results
from tests.interop.certify_baresip import certify_baresip
from tests.interop.certify_demo import certify_kamailio
from tests.interop.certify_linphone import certify_linphone
from tests.interop.program import installed_program

pytestmark = [pytest.mark.interop, pytest.mark.timeout(240), pytest.mark.xdist_group("certify")]

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


def certified(
    run: Coroutine[None, None, int], out: Path, *, broken: frozenset[str] = frozenset()
) -> RunResult:
    """The results, in which nothing but `broken` is broken and what passed and what did not is told."""
    status = asyncio.run(run)
    result = load_results(out / "results.json")
    found = {finding.requirement for each in result.scenarios for finding in each.findings}
    assert found == broken
    assert status == (1 if broken else 0), [each.reason for each in result.scenarios if each.reason]
    assert {"report.html", "certificate.html", "certificate.pdf", "junit.xml", "trace.pcap"} <= {
        each.name for each in out.iterdir()
    }
    return result


def test_kamailio_with_phones_of_the_harness(tmp_path: Path) -> None:
    installed_program("kamailio")
    words = " or ".join([REGISTERED, CALLS, RECEIVED, OF_KAMAILIO, "test_options", "test_audio_before"])
    result = certified(certify_kamailio(tmp_path, "-k", words, phones="harness"), tmp_path)
    assert {each.verdict for each in result.scenarios} == {Verdict.PASS}
    assert len(result.scenarios) >= 15


def test_kamailio_with_baresip(tmp_path: Path) -> None:
    """Calls out and in, busy, CANCEL, refusals, DTMF and audio with real phones."""
    installed_program("kamailio")
    installed_program("baresip")
    words = " or ".join([CALLS, RECEIVED, WATCHED, OF_KAMAILIO])
    result = certified(certify_kamailio(tmp_path, "-k", words, phones="baresip"), tmp_path)
    assert {each.verdict for each in result.scenarios} == {Verdict.PASS}
    assert len(result.scenarios) >= 25


def test_kamailio_with_sipp(tmp_path: Path) -> None:
    installed_program("kamailio")
    installed_program("sipp")
    result = certified(certify_kamailio(tmp_path, "-k", BY_SIPP, phones="sipp"), tmp_path)
    assert {each.verdict for each in result.scenarios} == {Verdict.PASS}
    assert len(result.scenarios) >= 14


def test_baresip_alone(tmp_path: Path) -> None:
    """It answers each 407 anew, up to a limit of its own."""
    installed_program("baresip")
    words = " or ".join([REGISTERED, CALLS, RECEIVED, WATCHED, "test_rejected", "stops_unregisters"])
    broken = frozenset({"authentication.pbx-stops"})
    result = certified(certify_baresip(tmp_path, "-k", words), tmp_path, broken=broken)
    others = {each.verdict for each in result.scenarios if not each.findings}
    assert others == {Verdict.PASS, Verdict.NOT_APPLICABLE}


def test_linphonec_alone(tmp_path: Path) -> None:
    installed_program("linphonec")
    words = " or ".join(
        [REGISTERED, CALLS, RECEIVED, "test_digits_are", "test_the_echo", "stops_unregisters"]
    )
    result = certified(certify_linphone(tmp_path, "-k", words), tmp_path)
    assert {each.verdict for each in result.scenarios} <= {Verdict.PASS, Verdict.NOT_APPLICABLE}
