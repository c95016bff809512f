"""The PBX as a process, before a real trunk process: calls both ways over each transport."""

import signal
from pathlib import Path

import pytest

from tests.harness.pbx_simulator.office_processes import (
    END_PATIENCE,
    ONLINE_NUMBER,
    PATIENCE,
    USERNAME,
    office,
)

ECHO = "+17606604690"


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_calls_go_both_ways_and_the_binding_goes_at_the_end(tmp_path: Path, transport: str) -> None:
    with office(tmp_path, transport) as opened, opened.phone() as phone:
        phone.register(timeout=PATIENCE)
        opened.wait_registered(phone)
        call = phone.call(ECHO).wait_answered(PATIENCE)
        call.play_tone(1004).wait_tone(1004, PATIENCE)
        call.send_dtmf("42")
        assert call.wait_dtmf(2, PATIENCE) == "42"
        call.hang_up(PATIENCE)
        incoming = opened.control.place_call(USERNAME, number=ONLINE_NUMBER, media="tone:700")
        heard = phone.wait_call(PATIENCE).ring().answer(PATIENCE).wait_tone(700, PATIENCE)
        opened.control.hang_up(incoming)
        heard.wait_ended(PATIENCE)
        opened.process.send_signal(signal.SIGTERM)
        assert opened.process.wait(END_PATIENCE) == 0
        assert opened.bindings() == []


def test_the_trace_of_an_observed_trunk_has_the_call(tmp_path: Path) -> None:
    with office(tmp_path) as opened, opened.phone() as phone:
        phone.register(timeout=PATIENCE)
        opened.wait_registered(phone)
        phone.call(ECHO).wait_answered(PATIENCE).wait_media(20, PATIENCE).hang_up(PATIENCE)
        packets, _ = opened.control.observed(profile=USERNAME)
    sent = [str(opened.announced["outside"]) == str(each.packet.source) for each in packets]
    assert {each.kind for each in packets} == {"sip", "rtp"}
    assert any(sent)


def test_a_fault_is_installed(tmp_path: Path) -> None:
    with office(tmp_path, fault="challenge-ignored") as opened, opened.phone() as phone:
        phone.register(timeout=PATIENCE)
        opened.wait_registered(phone)
        assert phone.call(ECHO).wait_final(PATIENCE).status == 503


def test_a_bad_network_does_not_end_the_pbx(tmp_path: Path) -> None:
    with office(tmp_path) as opened, opened.phone() as phone:
        phone.register(timeout=PATIENCE)
        opened.wait_registered(phone)
        opened.control.direct(USERNAME, impairment={"loss": 0.1, "duplicate": 0.2, "reorder": 0.1})
        for _ in range(2):
            phone.call(ECHO).wait_answered(PATIENCE).hang_up(PATIENCE)
        opened.control.direct(USERNAME)
        phone.call(ECHO).wait_answered(PATIENCE)
