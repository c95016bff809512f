"""Whose packets are whose, how often a direction counts, and how much of the trace is kept."""

import pytest

from harness.sip.hop import Hop, Packet
from reference_server.profile import Profiles
from reference_server.settings import ProfileSettings
from reference_server.stage import stage as stage_module
from reference_server.stage.directions import PLAIN, StageDirections
from reference_server.stage.stage import Stage

HERE, PBX, OTHER = (Hop("udp", host, 5060) for host in ("127.0.0.1", "127.0.0.5", "127.0.0.6"))
ONE, TWO = "99051000000231", "99051000000232"


def message(call_id: str, user: str, *lines: str) -> bytes:
    head = [
        "INVITE sip:+442079460123@sip.skype.com SIP/2.0",
        "Via: SIP/2.0/UDP 127.0.0.5;branch=z9hG4bK1",
        f"From: <sip:{user}@sip.skype.com>;tag=1",
        "To: <sip:+442079460123@sip.skype.com>",
        f"Call-ID: {call_id}",
        "CSeq: 1 INVITE",
        *lines,
    ]
    return ("\r\n".join(head) + "\r\n\r\n").encode()


@pytest.fixture
def stage() -> Stage:
    settings = [ProfileSettings(sip_username=each, password="x") for each in (ONE, TWO)]
    stage = Stage()
    stage.take_profiles(Profiles(settings, "sip.skype.com"), settings)
    return stage


def whose(stage: Stage, data: bytes, source: Hop = PBX) -> str:
    return stage.see(Packet(data, source, HERE), 1.0, came_in=True)


def test_from_names_the_profile(stage: Stage) -> None:
    assert whose(stage, message("a", ONE)) == ONE


def test_credentials_name_it_where_from_is_wrong(stage: Stage) -> None:
    line = f'Proxy-Authorization: Digest realm="sip.skype.com", username="{TWO}"'
    assert whose(stage, message("a", "101", line)) == TWO
    assert whose(stage, message("a", "101"), OTHER) == TWO  # the same call


def test_the_address_names_it_where_nothing_else_does(stage: Stage) -> None:
    whose(stage, message("a", ONE))
    assert whose(stage, message("b", "101")) == ONE
    assert whose(stage, b"nonsense") == ONE
    assert whose(stage, message("c", "101"), OTHER) == ""


def test_rtp_belongs_to_who_announced_it(stage: Stage) -> None:
    body = "v=0\r\nc=IN IP4 127.0.0.5\r\nm=audio 30000 RTP/AVP 8\r\n"
    whose(stage, message("a", ONE) + body.encode())
    for port, owner in ((30000, ONE), (30001, ONE), (30002, "")):
        packet = Packet(b"\x80", Hop("udp", "127.0.0.5", port), HERE._replace(port=40000))
        assert stage.see_media(packet, 2.0, came_in=True) == owner


def test_a_direction_counts_requests_and_not_their_repetitions(stage: Stage) -> None:
    meant = [stage.is_meant(ONE, "invite", each, 2) for each in ("a 1", "a 1", "b 1", "c 1", "a 1")]
    assert meant == [True, True, True, False, True]
    assert stage.is_meant(TWO, "invite", "c 1", 2)
    stage.direct(ONE, PLAIN)
    assert stage.is_meant(ONE, "invite", "c 1", 2)


def test_directions_are_of_one_profile(stage: Stage) -> None:
    stage.direct(ONE, StageDirections.model_validate({"invite": {"status": 503}}))
    assert (stage.directions(ONE).invite.status, stage.directions(TWO).invite.status) == (503, None)


def test_the_trace_is_bounded_and_handed_out_in_parts(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage_module, "SIP_KEPT", 10)
    small = Stage()
    for number in range(25):
        small.see(Packet(b"%d" % number, PBX, HERE), float(number), came_in=True)
    first, following = small.trace(most=4)
    assert [each.number for each in first] == [16, 17, 18, 19]
    rest, end = small.trace(following)
    assert [each.number for each in rest] == list(range(20, 26))
    assert small.trace(end) == ([], 25)
