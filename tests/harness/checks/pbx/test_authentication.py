"""Authentication rules flip when a packet of a real capture is changed, and bear what PBXs rightly do."""

from dataclasses import replace

import pytest

from harness.checks.pbx.ruling import Observed
from tests.harness.checks.pbx.recordings import (
    SETUP,
    later,
    recording,
    rewritten,
    rulings,
    sip,
    until,
    verdict,
    without,
)

ANSWERS, PASSWORD, STOPS = (
    "authentication.pbx-answers-challenge",
    "authentication.pbx-password",
    "authentication.pbx-stops",
)
with_credentials = sip(b"INVITE", b"ACK", holding=b"Proxy-Authorization", source="127.0.2.1")


@pytest.mark.parametrize("name", ["ast_ok", "yate_ok", "kam_ok", "bare_ok_noqop"])
def test_a_challenge_without_answer_fails_both_rules(name: str) -> None:
    trace = without(recording(name), with_credentials)
    assert verdict(ANSWERS, trace) is Observed.FAIL
    assert verdict(PASSWORD, trace) is Observed.FAIL


def test_credentials_that_came_before_the_challenge_do_not_answer_it() -> None:
    """A proxy passes on those that its phone has for the proxy."""
    line = b'Proxy-Authorization: Digest username="101", realm="pbx", nonce="1", uri="sip:pbx", response="0"'
    trace = without(recording("ast_ok"), with_credentials)
    trace = rewritten(trace, b"INVITE", b"Max-Forwards:", line + b"\r\nMax-Forwards:")
    assert verdict(ANSWERS, trace) is Observed.FAIL


def test_a_trace_that_ends_at_the_challenge_shows_nothing() -> None:
    trace = until(recording("ast_ok"), sip(b"SIP/2.0 407", source="127.0.1.1"))
    assert verdict(ANSWERS, trace) is Observed.NOT_OBSERVED
    assert verdict(ANSWERS, later(trace, 3)) is Observed.FAIL


@pytest.mark.parametrize("name", ["ast_ok", "ast_ok_noqop", "yate_ok", "kam_ok"])
def test_a_changed_digest_is_told_from_a_right_one(name: str) -> None:
    trace = rewritten(recording(name), b"INVITE", b'response="', b'response="0')
    ruling = rulings(trace)[PASSWORD]
    assert ruling.verdict is Observed.FAIL
    assert "does not fit" in ruling.seen
    assert verdict(ANSWERS, trace) is Observed.PASS


def test_credentials_of_a_phone_are_told_by_their_name() -> None:
    trace = rewritten(recording("ast_ok"), b"INVITE", b'username="99051000000231"', b'username="101"')
    assert "those of 101" in rulings(trace)[PASSWORD].seen


def test_a_refusal_with_403_decides_nothing_when_the_password_is_not_known() -> None:
    setup = replace(SETUP, password=None)
    assert verdict(PASSWORD, recording("ast_f_badpw"), setup) is Observed.NOT_OBSERVED
    assert verdict(PASSWORD, recording("ast_f_badpw401"), setup) is Observed.FAIL
    assert verdict(PASSWORD, recording("ast_ok"), setup) is Observed.PASS


def test_the_count_of_a_nonce_may_begin_above_one() -> None:
    """Yate counts across nonces."""
    assert any(b"nc=00000002" in each.packet.data for each in recording("yate_ok"))
    assert verdict(PASSWORD, recording("yate_ok")) is Observed.PASS


def test_ten_rounds_with_rejected_credentials_are_too_many_unless_the_nonce_was_stale() -> None:
    trace = recording("ast_f_badpw401")
    assert verdict(STOPS, trace) is Observed.FAIL
    stale = rewritten(trace, b"SIP/2.0 40", b"algorithm=", b"stale=true, algorithm=")
    assert verdict(STOPS, stale) is Observed.NOT_OBSERVED
