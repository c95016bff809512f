"""The inbound rules flip when the PBX's answer is changed."""

import pytest

from harness.checks.pbx.ruling import Observed
from tests.harness.checks.pbx.recordings import (
    later,
    recording,
    rewritten,
    rulings,
    sip,
    until,
    verdict,
    without,
)

TRUSTS, ROUTES, ANSWERS = "inbound.pbx-trusts", "inbound.pbx-routes-by-ruri", "inbound.pbx-answers"
OK = b"SIP/2.0 200 OK"
answer = sip(b"SIP/2.0 200", holding=b" INVITE\r\n", source="127.0.2.1")


@pytest.mark.parametrize("status", [b"401 Unauthorized", b"407 Proxy Authentication Required"])
def test_a_challenge_breaks_trust_and_says_nothing_of_routing(status: bytes) -> None:
    trace = rewritten(recording("ast_f_inbound_busy"), b"SIP/2.0 486", b"486 Busy Here", status)
    assert verdict(TRUSTS, trace) is Observed.FAIL
    assert verdict(ROUTES, trace) is Observed.NOT_OBSERVED
    assert verdict(ANSWERS, trace) is Observed.FAIL


@pytest.mark.parametrize(
    ("status", "routed"),
    [(404, False), (410, False), (480, False), (484, False), (604, False), (486, True), (603, True)],
)
def test_a_refusal_tells_whether_the_number_was_found(status: int, routed: bool) -> None:
    trace = rewritten(
        recording("ast_f_inbound_busy"), b"SIP/2.0 486", b"SIP/2.0 486", f"SIP/2.0 {status}".encode()
    )
    assert verdict(ROUTES, trace) is (Observed.PASS if routed else Observed.FAIL)
    assert verdict(TRUSTS, trace) is Observed.PASS


def test_a_call_to_the_username_says_nothing_of_online_numbers() -> None:
    trace = rewritten(
        recording("ast_f_ruri_404"), b"INVITE", b"INVITE sip:+14155550123@", b"INVITE sip:99051000000231@"
    )
    assert verdict(ROUTES, trace) is Observed.NOT_OBSERVED


def test_silence_is_a_fault_only_after_ten_seconds() -> None:
    trace = until(recording("ast_f_inbound_busy"), sip(b"INVITE"))
    assert verdict(ANSWERS, later(trace, 5)) is Observed.NOT_OBSERVED
    assert verdict(ANSWERS, later(trace, 11)) is Observed.FAIL
    assert verdict(TRUSTS, later(trace, 11)) is Observed.NOT_OBSERVED


def test_a_caller_who_gives_up_is_no_fault() -> None:
    assert verdict(ANSWERS, recording("yate_ok_cancel")) is Observed.PASS
    trace = without(recording("yate_ok_cancel"), sip(b"CANCEL", source="127.0.1.1"))
    assert verdict(ANSWERS, trace) is Observed.FAIL


def test_the_deciding_packet_is_the_pbxs_answer() -> None:
    ruling = rulings(recording("kam_f_ruri_404"))[ROUTES]
    assert ruling.deciding is not None
    assert ruling.deciding.message is not None
    assert ruling.deciding.message.from_pbx
    assert ruling.deciding.message.status == 404
