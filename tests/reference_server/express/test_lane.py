"""Which calls the lane carries, when it hands them over, and that it forgets."""

import random
from dataclasses import replace

import pytest

from harness.sip.hop import Hop, Packet
from harness.ua.call_state import CallState
from reference_server.authentication import Authentication
from reference_server.parts import Blueprint
from tests.reference_server.express.twin import DIALECT, PBX, Shape, Side, established

SILENT = "+442079460210"
"""A number whose far end sends no RTP."""


def test_an_ordinary_call_never_becomes_a_session() -> None:
    side = Side(express=True)
    teller = established(side)
    assert side.in_lane() == 1
    side.wait(10.0)
    assert side.in_lane() == 1
    teller.say("BYE")
    assert [row.cause for row in side.store.records()] == ["BYE"]
    assert side.trunk.parts.layer.server_transactions == 0


def test_without_its_ack_a_call_is_handed_over_after_t1() -> None:
    """RFC 3261 section 13.3.1.4: the 2xx is repeated, which the lane does not do."""
    side = Side(express=True)
    established(side, ack=False)
    side.wait(0.49)
    assert side.in_lane() == 1
    side.wait(0.02)
    assert side.in_lane() == 0
    assert [status for _, _, data in side.sent if (status := data[8:11]) == b"200"] == [b"200"] * 2


def test_whoever_asks_for_the_session_of_a_call_gets_it() -> None:
    side = Side(express=True)
    teller = established(side, Shape(number=SILENT))
    (live,) = side.trunk.parts.calls.live()
    assert live.state == "answered"
    session = live.session
    assert session is not None
    assert session.state is CallState.ANSWERED
    assert session.local_tag == teller.to_tag
    assert live.session is session
    teller.say("BYE")
    assert live.state == "ended"


def test_a_call_that_is_over_is_forgotten_after_timer_j() -> None:
    side = Side(express=True)
    lane = side.trunk.lane
    assert lane is not None
    for number in range(20):
        established(side, name=f"c{number}").say("BYE")
    assert lane.remembered == 40  # each call and its challenged INVITE
    side.wait(6.0)
    assert lane.remembered == 20  # timer I is over
    side.wait(28.0)
    assert lane.remembered == 0


def test_rtp_that_comes_before_the_media_session_opens_it() -> None:
    side = Side(express=True)
    established(side)
    (live,) = side.trunk.parts.calls.live()
    rtp = bytes.fromhex("80080001000000010000000a") + b"\xd5" * 160
    side.trunk.receive(Packet(rtp, Hop("udp", "10.0.0.2", 6000), Hop("udp", "10.0.0.1", 20_000)), side.now)
    assert live.heard is not None
    assert live.heard.received_packets == 1
    assert side.in_lane() == 1


def test_a_far_end_sends_rtp_in_the_lane() -> None:
    side = Side(express=True)
    established(side)
    side.wait(1.0)
    assert side.rtp in range(48, 51)
    assert side.in_lane() == 1


def test_the_port_of_a_call_that_is_over_is_used_again() -> None:
    side = Side(express=True)
    for number in range(5):
        teller = established(side, name=f"c{number}")
        assert b"m=audio 20000 " in side.sent[-1][2]
        teller.say("BYE")


def test_a_trunk_with_a_fault_has_no_lane() -> None:
    class Other(Authentication):
        pass

    assert Blueprint(DIALECT).obeys
    assert not replace(Blueprint(DIALECT), authentication=Other).obeys
    assert not replace(Blueprint(DIALECT), sip_out=lambda: lambda packet, _now: [packet]).obeys


@pytest.mark.parametrize("seed", range(3))
def test_calls_at_once_do_not_mix(seed: int) -> None:
    side, rng = Side(express=True, channels=30), random.Random(seed)
    tellers = [established(side, Shape(number=SILENT), f"c{number}") for number in range(20)]
    assert side.in_lane() == 20
    rng.shuffle(tellers)
    for teller in tellers:
        (answer,) = teller.say("BYE")
        assert f"Call-ID: call-{teller.name}@10.0.0.2".encode() in answer
        assert f";tag={teller.to_tag}".encode() in answer
    assert side.in_lane() == 0
    assert side.trunk.parts.channels.used(side.trunk.parts.profiles.all()[0]) == 0
    assert {where for _, where, _ in side.sent} == {PBX}


def test_a_call_that_leaves_the_lane_before_its_sound_begins_sounds_once() -> None:
    sides = Side(express=True), Side(express=False)
    for side in sides:
        established(side, Shape(number="+442079460208"), ack=False)
        assert side.trunk.parts.calls.live()[0].session is not None
        side.wait(0.3)
    assert sides[0].rtp == sides[1].rtp > 0
