"""The number rules flip when the Request-URI is changed; spellings of the same number are borne."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.checks.pbx.numbering import fault_in
from harness.checks.pbx.ruling import Observed
from tests.harness.checks.pbx.recordings import recording, rewritten, rulings, verdict

E164, EMERGENCY = "numbering.pbx-e164", "numbering.pbx-emergency"


@pytest.mark.parametrize(
    "user", ["17606604690", "0017606604690", "07606604690", "+0760", "+1760", "+17606604690#", "echo"]
)
def test_what_is_not_e164_is_seen(user: str) -> None:
    trace = rewritten(
        recording("ast_ok"), b"INVITE", b"INVITE sip:+17606604690@", f"INVITE sip:{user}@".encode()
    )
    ruling = rulings(trace)[E164]
    assert ruling.verdict is Observed.FAIL
    assert user.partition("#")[0] in ruling.seen


@pytest.mark.parametrize("user", ["%2B17606604690", "+1-760-660-4690", "+17606604690;npdi"])
def test_spellings_of_an_e164_number_are_borne(user: str) -> None:
    trace = rewritten(
        recording("ast_ok"), b"INVITE", b"INVITE sip:+17606604690@", f"INVITE sip:{user}@".encode()
    )
    assert verdict(E164, trace) is Observed.PASS


@pytest.mark.parametrize("user", ["112", "+112", "911"])
def test_an_emergency_call_is_its_own_fault(user: str) -> None:
    assert verdict(EMERGENCY, recording("ast_ok")) is Observed.PASS
    trace = rewritten(
        recording("ast_ok"), b"INVITE", b"INVITE sip:+17606604690@", f"INVITE sip:{user}@".encode()
    )
    assert verdict(EMERGENCY, trace) is Observed.FAIL
    assert verdict(E164, trace) is Observed.PASS


@given(st.text(max_size=20))
def test_only_plus_and_digits_can_be_a_number(text: str) -> None:
    if not fault_in(text):
        assert re.fullmatch(r"\+[1-9]\d{6,14}", text)
