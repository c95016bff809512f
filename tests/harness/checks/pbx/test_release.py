"""The release rule flips when ACK, BYE or an answer to them is taken away, and blames the PBX alone."""

import pytest

from harness.capture.trace import Trace
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

RELEASES = "call.pbx-releases"
PBX, TRUNK = "127.0.2.1", "127.0.1.1"


@pytest.mark.parametrize("name", ["ast_ok", "yate_ok", "kam_ok", "ast_f_codec", "ast_ok_tcp"])
def test_a_missing_ack_is_seen(name: str) -> None:
    trace = without(recording(name), sip(b"ACK", source=PBX))
    ruling = rulings(trace)[RELEASES]
    assert ruling.verdict is Observed.FAIL
    assert ruling.seen.startswith("no ACK followed")


@pytest.mark.parametrize("name", ["ast_ok", "yate_ok", "kam_ok"])
def test_a_bye_of_the_trunk_without_answer_is_seen(name: str) -> None:
    trace = without(recording(name), sip(b"SIP/2.0 200", holding=b" BYE\r\n", source=PBX))
    assert verdict(RELEASES, later(trace, 20)) is Observed.FAIL


def test_a_bye_of_the_pbx_without_answer_is_not_its_fault() -> None:
    trace = without(recording("ast_ok_rereg"), sip(b"SIP/2.0 200", holding=b" BYE\r\n", source=TRUNK))
    assert verdict(RELEASES, later(trace, 20)) is Observed.NOT_OBSERVED


def test_a_challenged_bye_that_is_left_keeps_the_call_open() -> None:
    trace = recording("kam_ok_rereg")
    left = Trace(
        each._replace(packet=each.packet._replace(data=each.packet.data.replace(b"200 OK", b"407 Challenge")))
        if sip(b"SIP/2.0 200", holding=b" BYE\r\n", source=TRUNK)(each)
        else each
        for each in trace
    )
    assert verdict(RELEASES, later(left, 5)) is Observed.FAIL


@pytest.mark.parametrize("name", ["ast_ok_cancel", "yate_ok_cancel", "kam_ok_cancel"])
def test_a_cancel_of_the_trunk_wants_an_answer_and_a_487(name: str) -> None:
    assert verdict(RELEASES, recording(name)) is Observed.PASS
    unanswered = without(recording(name), sip(b"SIP/2.0 200", holding=b" CANCEL\r\n", source=PBX))
    assert verdict(RELEASES, later(unanswered, 5)) is Observed.FAIL
    still_open = without(recording(name), sip(b"SIP/2.0 487", source=PBX))
    assert verdict(RELEASES, later(still_open, 5)) is Observed.FAIL


def test_a_call_that_goes_on_says_nothing() -> None:
    trace = until(recording("ast_ok"), sip(b"ACK sip:127.0.1.1:5060", source=PBX))
    assert verdict(RELEASES, trace) is Observed.NOT_OBSERVED


def test_an_ack_with_another_cseq_acknowledges_nothing() -> None:
    trace = rewritten(recording("ast_ok_rereg"), b"ACK", b"CSeq: ", b"CSeq: 9")
    trace = rewritten(trace, b"ACK", b"branch=z9hG4bK", b"branch=z9hG4bKx")
    assert verdict(RELEASES, trace) is Observed.FAIL
