"""The PBX that obeys survives what certification does to a PBX, and still takes a call after each."""

import base64
from pathlib import Path
from typing import Any

import pytest

from harness.sip.hop import Hop, Packet
from harness.ua.call_state import CallState
from tests.harness.pbx_simulator.virtual_office import PROFILE, VirtualOffice

ECHO = "+17606604690"
USERNAME = PROFILE.sip_username
NUMBER = PROFILE.online_numbers[0]
TORTURE = Path(__file__).resolve().parents[2] / "data" / "torture"


def takes_a_call(office: VirtualOffice) -> bool:
    """Whether a call in and a call out work."""
    phone = office.phone()
    office.trunk.control.direct(USERNAME)
    call = phone.call(ECHO).wait_answered()
    call.play_tone(1004).wait_tone(1004).hang_up()
    phone.incoming_calls.clear()
    shown = office.call_in(number=NUMBER)
    phone.wait_call().answer().hang_up()
    office.wait(1)
    return bool(office.shown(shown)["status"] == 200)


@pytest.mark.parametrize(
    "impairment",
    [{"loss": 0.02}, {"loss": 0.2}, {"duplicate": 0.5}, {"reorder": 0.2}, {"loss": 0.1, "duplicate": 0.2}],
    ids=str,
)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_bad_network(office: VirtualOffice, impairment: dict[str, float], seed: int) -> None:
    phone = office.phone()
    office.wait(1)
    office.trunk.control.direct(USERNAME, impairment={**impairment, "seed": seed, "media": False})
    for _ in range(3):
        phone.call(ECHO).wait_answered(64).wait(1).hang_up(64)
        call = office.call_in(number=NUMBER, hang_up_after=1.0)
        phone.wait_call(40).answer(64).wait_ended(64)
        office.wait(40)
        assert office.shown(call)["status"] == 200
    assert takes_a_call(office)
    assert not [leg for bridge in office.pbx.switchboard.bridges for leg in bridge.legs if not leg.ended]


@pytest.mark.parametrize(
    "directions",
    [
        {"invite": {"answer_copies": 3}},
        {"invite": {"headers": {"X-Unheard-Of": "1", "P-Nothing": "<>"}}},
        {"inbound": {"headers": {"X-Unheard-Of": "1"}, "size": 4000}},
        {"inbound": {"record_route": True, "max_forwards": 1}, "invite": {"record_route": True}},
        {"inbound": {"maddr": "192.0.2.1"}, "invite": {"maddr": True}},
    ],
    ids=lambda each: "-".join(each),
)
def test_unusual_messages(office: VirtualOffice, directions: dict[str, Any]) -> None:
    phone = office.phone()
    office.wait(1)
    office.trunk.control.direct(USERNAME, **directions)
    phone.call(ECHO).wait_answered().hang_up()
    call = office.call_in(number=NUMBER)
    phone.wait_call().ring().answer().hang_up()
    office.wait(1)
    assert office.shown(call)["status"] == 200
    assert takes_a_call(office)


def bye_of_a_call_that_is_none() -> bytes:
    lines = [
        "BYE sip:100@127.0.0.5 SIP/2.0",
        "Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK2",
        "From: <sip:a@b>;tag=1",
        "To: <sip:c@d>;tag=2",
        "Call-ID: x",
        "CSeq: 1 BYE",
        "Max-Forwards: 70",
        "Content-Length: 0",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        b"nonsense",
        b"INVITE sip:100@127.0.0.5 SIP/2.0\r\nVia: nonsense\r\n\r\n",
        b"INVITE sip:100@127.0.0.5 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\n\r\n",
        b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.5;branch=z9hG4bKx\r\nCSeq: 1 INVITE\r\n\r\n",
        bye_of_a_call_that_is_none(),
        bytes(range(256)),
    ],
    ids=lambda data: data[:12].decode("ascii", "replace").strip() or "blank",
)
def test_messages_that_cannot_be_read(office: VirtualOffice, data: bytes) -> None:
    office.wait(1)
    office.trunk.control.send_request(USERNAME, raw=base64.b64encode(data).decode() or None)
    office.wait(1)
    assert takes_a_call(office)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9"], ids=["trunk", "stranger"])
@pytest.mark.parametrize("family", ["rfc4475", "rfc5118"])
def test_torture_messages(office: VirtualOffice, family: str, host: str) -> None:
    office.wait(1)
    messages = sorted((TORTURE / family).glob("*.dat"))
    assert messages
    for path in messages:
        for local in (office.outside, office.pbx.inside.local):
            packet = Packet(path.read_bytes(), Hop("udp", host, 5062), local)
            office.pbx.receive(packet, office.network.now())
        office.wait(1)
    assert takes_a_call(office)


def test_an_unexpected_notify(office: VirtualOffice) -> None:
    office.wait(1)
    office.trunk.control.send_request(USERNAME, "NOTIFY", headers={"Event": "message-summary"})
    office.wait(1)
    assert office.statuses("NOTIFY") == [405]
    assert takes_a_call(office)


@pytest.mark.parametrize("do", ["reinvite", "update", "options", "info"])
def test_requests_of_the_trunk_inside_an_inbound_call(office: VirtualOffice, do: str) -> None:
    phone = office.phone()
    office.wait(1)
    call = office.call_in(number=NUMBER)
    phone.wait_call().answer()
    office.trunk.control.step(call, do)
    office.wait(1)
    method = "INVITE" if do == "reinvite" else do.upper()
    assert office.statuses(method)[-1] == 200


def test_a_hold_of_an_inbound_call_reaches_the_phone_and_ends(office: VirtualOffice) -> None:
    phone = office.phone()
    office.wait(1)
    call = office.call_in(number=NUMBER, media="tone:700")
    phone_call = phone.wait_call().answer()
    office.trunk.control.step(call, "hold")
    assert b"a=sendonly" in phone_call.wait_request("INVITE", count=2).body
    office.wait(1)
    office.trunk.control.step(call, "resume")
    assert b"a=sendrecv" in phone_call.wait_request("INVITE", count=3).body
    phone_call.wait_tone(700)


def test_a_hold_that_meets_491_is_tried_again(office: VirtualOffice) -> None:
    office.trunk.control.direct(USERNAME, change={"status": 491, "times": 1})
    office.phone().call(ECHO).wait_answered().hold()
    office.wait(6)
    holds = [each for each in office.sent("INVITE") if each.to.tag]
    assert len(holds) == 2
    assert all(b"a=sendonly" in each.body for each in holds)


def test_both_sides_hold_at_the_same_time(office: VirtualOffice) -> None:
    phone = office.phone()
    office.wait(1)
    call = office.call_in(number=NUMBER)
    phone_call = phone.wait_call().answer()
    phone_call.core.hold(office.network.now())
    office.trunk.control.step(call, "hold")
    office.wait(10)
    assert phone_call.state is CallState.ANSWERED
    phone_call.hang_up()


@pytest.mark.parametrize("refresher", ["uac", "uas"])
@pytest.mark.parametrize("way", ["invite", "inbound"])
def test_the_session_timer_is_kept_whoever_refreshes(office: VirtualOffice, way: str, refresher: str) -> None:
    phone = office.phone()
    office.wait(1)
    office.trunk.control.direct(USERNAME, **{way: {"session_expires": 90, "refresher": refresher}})
    if way == "invite":
        call = phone.call(ECHO).wait_answered()
    else:
        office.call_in(number=NUMBER)
        call = phone.wait_call().answer()
    office.wait(150)
    assert call.state is CallState.ANSWERED
    refreshes_of_ours = len(office.sent("UPDATE")) + len([i for i in office.sent("INVITE") if i.to.tag])
    assert (refreshes_of_ours >= 3) == ((refresher == "uac") == (way == "invite"))


def test_twenty_calls_at_once_with_sound_of_their_own(office: VirtualOffice) -> None:
    phones = [office.phone("101"), office.phone("102")]
    office.wait(1)
    calls = [phones[number % 2].call(ECHO) for number in range(20)]
    for number, call in enumerate(calls):
        call.wait_answered().play_tone(300 + 100 * number)
    for number, call in enumerate(calls):
        call.wait_tone(300 + 100 * number)
    assert office.trunk.channels_used() == 20
    for call in calls:
        call.hang_up()
    office.wait(1)
    assert office.trunk.channels_used() == 0


def test_the_trunk_vanishes_in_a_call(office: VirtualOffice) -> None:
    call = office.phone().call(ECHO).wait_answered()
    office.network.drop_if = lambda packet: "127.0.0.1" in (packet.source.host, packet.destination.host)
    call.hang_up()
    office.wait(40)
    office.network.drop_if = None
    office.wait(150)
    assert takes_a_call(office)


def test_calls_that_are_over_are_forgotten(office: VirtualOffice) -> None:
    for _ in range(3):
        office.phone().call(ECHO).wait_answered().hang_up()
    office.wait(60)
    board = office.pbx.switchboard
    assert not board.bridges
    assert not len(board.inside.calls) + len(board.outside.calls)
