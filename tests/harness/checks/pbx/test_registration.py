"""Registration rules flip when a packet of a real capture is changed, and bear what PBXs rightly do."""

from dataclasses import replace

import pytest

from harness.capture.trace import Trace
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

REGISTERS, AOR = "registration.pbx-registers", "registration.pbx-aor"
REFRESHES, UNREGISTERS = "registration.pbx-refreshes", "registration.pbx-unregisters"
MIN_EXPIRES, STORM = "registration.pbx-min-expires", "registration.pbx-no-storm"

to_trunk = sip(b"REGISTER", source="127.0.2.1")


def test_an_accepted_register_with_a_wrong_digest_does_not_count() -> None:
    trace = rewritten(recording("ast_ok"), b"REGISTER", b'response="', b'response="0')
    assert verdict(REGISTERS, trace) is Observed.FAIL


def test_without_the_password_the_trunks_answer_counts() -> None:
    trace = rewritten(recording("ast_ok"), b"REGISTER", b'response="', b'response="0')
    assert verdict(REGISTERS, trace, replace(SETUP, password=None)) is Observed.PASS


@pytest.mark.parametrize(("from_start", "expected"), [(True, Observed.FAIL), (False, Observed.NOT_OBSERVED)])
def test_a_register_that_is_not_there_was_only_not_sent_when_the_trace_begins_early(
    from_start: bool, expected: Observed
) -> None:
    setup = replace(SETUP, from_start=from_start)
    assert verdict(REGISTERS, recording("ast_f_no_reg"), setup) is expected


def test_a_profile_with_ip_authentication_does_not_register() -> None:
    assert verdict(REGISTERS, recording("ast_f_no_reg"), replace(SETUP, mode="ip")) is Observed.NOT_OBSERVED


def test_a_trace_that_ends_at_the_challenge_shows_nothing() -> None:
    trace = until(recording("ast_ok"), sip(b"SIP/2.0 401", source="127.0.1.1"))
    assert verdict(REGISTERS, trace) is Observed.NOT_OBSERVED
    assert verdict(REGISTERS, later(trace, 60)) is Observed.FAIL


def test_another_user_in_to_is_told_with_its_line() -> None:
    trace = rewritten(recording("yate_ok"), b"REGISTER", b"To: <sip:99051000000231@", b"To: <sip:101@")
    ruling = rulings(trace)[AOR]
    assert (ruling.verdict, ruling.deciding and ruling.deciding.line) == (Observed.FAIL, "To")


def test_a_binding_lapses_only_behind_its_expiry() -> None:
    registered = until(recording("ast_f_no_rereg"), sip(b"SIP/2.0 200", holding=b" REGISTER\r\n"))
    assert verdict(REFRESHES, later(registered, 19)) is Observed.NOT_OBSERVED
    assert verdict(REFRESHES, later(registered, 22)) is Observed.FAIL


@pytest.mark.parametrize("name", ["ast_ok_rereg", "kam_ok_rereg", "yate_ok_rereg", "bare_ok_rereg"])
def test_a_refresh_that_is_left_out_lets_the_binding_lapse(name: str) -> None:
    trace = recording(name)
    assert verdict(REFRESHES, trace) is Observed.PASS
    first = until(trace, sip(b"SIP/2.0 200", holding=b" REGISTER\r\n", source="127.0.1.1"))
    count = len(first)
    rest = without(Trace(trace.packets[count:]), to_trunk)
    assert verdict(REFRESHES, Trace([*first, *rest])) is Observed.FAIL


def test_a_refresh_under_another_call_id_is_a_refresh() -> None:
    trace = recording("kam_ok_rereg")
    call_id = next(
        line
        for each in trace
        if to_trunk(each)
        for line in each.packet.data.splitlines()
        if line.startswith(b"Call-ID")
    )
    packets = [
        each._replace(packet=each.packet._replace(data=each.packet.data.replace(call_id, call_id + b"x")))
        if place > 10
        else each
        for place, each in enumerate(trace)
    ]
    assert verdict(REFRESHES, Trace(packets)) is Observed.PASS


def test_a_challenge_that_is_left_when_unregistering_is_seen_but_only_where_time_was_enough() -> None:
    trace = recording("ast_ok")
    left = without(trace, sip(b"REGISTER", holding=b"Expires: 0\r\n", source="127.0.2.1"))
    assert verdict(UNREGISTERS, left) is Observed.NOT_OBSERVED
    last_challenge = max(each.number for each in trace if sip(b"SIP/2.0 401", source="127.0.1.1")(each))
    cut = Trace(each for each in trace if each.number <= last_challenge)
    assert verdict(UNREGISTERS, cut) is Observed.NOT_OBSERVED
    assert verdict(UNREGISTERS, later(cut, 5)) is Observed.FAIL


def test_after_423_a_longer_expiry_is_asked_for() -> None:
    assert verdict(MIN_EXPIRES, recording("ast_ok_stale")) is Observed.PASS
    trace = rewritten(recording("ast_ok_stale"), b"SIP/2.0 423", b"Min-Expires: ", b"Min-Expires: 9")
    assert verdict(MIN_EXPIRES, trace) is Observed.FAIL


def test_registrations_without_pause_are_a_storm_and_those_every_four_seconds_are_none() -> None:
    assert verdict(STORM, recording("kam_f_badpw401")) is Observed.PASS
    trace = recording("kam_f_badpw401")
    begin = trace.packets[0].time
    faster = Trace(each._replace(time=begin + (each.time - begin) / 10) for each in trace)
    assert verdict(STORM, faster) is Observed.FAIL


def test_a_register_whose_answer_is_missing_is_not_said_to_be_missing_itself() -> None:
    """As where a capture breaks off."""
    ruling = rulings(until(recording("ast_ok"), to_trunk))[STORM]
    assert ruling.verdict is Observed.NOT_OBSERVED
    assert "challenged" in ruling.seen
