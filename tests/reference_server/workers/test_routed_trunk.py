"""Several workers behave as one trunk, whichever of them a packet comes to."""

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.sip.hop import Hop, Packet
from harness.sip.message import Response, parse_message
from tests.reference_server.trunk_play import ECHO, TRUNK
from tests.reference_server.workers.thrifty_caller import ThriftyCaller
from tests.reference_server.workers.workers_play import WorkersPlay

RINGS = "+442079460200"
IP_PEER = Hop("udp", "10.0.0.77", 5070)


@pytest.mark.parametrize("seed", range(4))
def test_calls_live_and_end_wherever_their_packets_arrive(seed: int) -> None:
    play = WorkersPlay(seed=seed, channels=12)
    calls = [play.phone().call(ECHO) for _ in range(12)]
    play.wait(2)
    assert [call.status for call in calls] == [200] * 12
    assert sum(play.calls()) == 12
    assert min(play.calls()) > 0, "all calls are in one worker"
    for call in calls[:6]:
        call.hold()
        call.hang_up()
    play.wait(1)
    assert play.channels_used() == [6] * 3
    for call in calls[6:]:
        call.hang_up()
    play.wait(1)
    assert play.channels_used() == [0] * 3


@settings(max_examples=10)
@given(seed=st.integers(0, 1000), limit=st.integers(1, 12))
def test_calls_at_the_same_instant_get_just_the_channels_there_are(seed: int, limit: int) -> None:
    play = WorkersPlay(seed=seed, channels=limit)
    calls = [play.phone().call(ECHO) for _ in range(20)]
    play.wait(2)
    statuses = [call.status for call in calls]
    assert (statuses.count(200), statuses.count(503)) == (limit, 20 - limit)


@pytest.mark.parametrize("seed", range(6))
def test_a_cancel_finds_its_invite(seed: int) -> None:
    play = WorkersPlay(seed=seed)
    call = play.phone().call(RINGS)
    play.wait(1)
    call.cancel()
    assert call.wait_final().status == 487
    play.wait(1)
    assert play.channels_used() == [0] * 3


def test_a_nonce_is_good_for_more_calls_and_their_cancel_and_bye_find_them() -> None:
    """Their home is not the worker that knows the nonce, and a CANCEL has neither nonce nor To-tag."""
    play = WorkersPlay(channels=12)
    caller = ThriftyCaller(play)
    assert caller.invite(0, RINGS) == [407]
    for call in range(1, 8):
        assert caller.invite(call, RINGS)[-1] == 180
        assert sorted(caller.say("CANCEL", call, RINGS)) == [200, 487]
        caller.say("ACK", call, RINGS)
    for call in range(8, 16):
        assert caller.invite(call, ECHO)[-1] == 200
        caller.say("ACK", call, ECHO)
        assert caller.say("BYE", call, ECHO) == [200]
    assert play.channels_used() == [0] * 3


def test_what_is_registered_anywhere_can_be_called_from_everywhere() -> None:
    play = WorkersPlay(channels=3)
    phone = play.phone()
    assert phone.register().status == 200
    for worker in range(3):
        play.place_call(worker)
        call = phone.wait_call()
        call.answer()
        assert play.channels_used() == [1] * 3
        call.hang_up()
        assert play.channels_used() == [0] * 3
    assert phone.unregister().status == 200
    assert [play.place_call(worker).status for worker in range(3)] == [480] * 3


def test_a_binding_that_lapses_is_gone_everywhere() -> None:
    play = WorkersPlay()
    play.phone().register(expires=60)
    play.wait(61)
    assert [play.place_call(worker).status for worker in range(3)] == [480] * 3


def test_credentials_used_once_are_used_everywhere() -> None:
    """A stranger repeats them under another Call-ID, from another port: each time 407 with stale=true."""
    play = WorkersPlay(channels=12)
    play.phone().call(ECHO).wait_answered()
    sent = next(
        packet.data
        for packet in reversed([entry.packet for entry in play.network.trace])
        if packet.data.startswith(b"INVITE") and b"Proxy-Authorization" in packet.data
    )
    answers: list[Response] = []
    for number in range(12):
        answers += _answers(play, _as_another_call(sent, number), Hop("udp", "10.0.9.9", 6000 + number))
    assert [answer.status for answer in answers if answer.status >= 200] == [407] * 12
    assert all("stale=true" in (answer.headers.get("Proxy-Authenticate") or "") for answer in answers)


def test_a_request_that_came_two_ways_is_merged_whatever_the_ports() -> None:
    """RFC 3261 section 8.2.2.2: 482 to the second one."""
    play = WorkersPlay()
    first = _plain_invite("one")
    second = first.replace(b"branch=z9hG4bKone", b"branch=z9hG4bKtwo")
    assert _final(_answers(play, first, IP_PEER)) in ([], [200])
    assert _final(_answers(play, second, IP_PEER)) == [482]


def test_guesses_count_together() -> None:
    play = WorkersPlay()
    limit = play.workers[0].trunk.parts.dialect.authentication.lockout_failures
    statuses = []
    for _ in range(limit + 3):
        play.hosts = 50  # the same address each time, in another call
        with_wrong_password = play.phone(password="wrong")
        call = with_wrong_password.call(ECHO)
        play.wait(1)
        statuses.append(call.status)
        with_wrong_password.close()
    assert statuses == [407] * limit + [403] * 3


def test_packets_without_anything_to_go_by_harm_nobody() -> None:
    play = WorkersPlay()
    rng = random.Random(3)
    good = _plain_invite("zero")
    for _ in range(200):
        cut = rng.randrange(len(good))
        play.receive(Packet(good[:cut] + rng.randbytes(4) + good[cut:], IP_PEER, TRUNK), play.network.now())
    assert play.phone().call(ECHO).wait_answered().status == 200


def _plain_invite(name: str) -> bytes:
    """From the profile in ip mode, which is not challenged; nobody takes part in the call."""
    lines = (
        f"INVITE sip:{RINGS}@sip.skype.com SIP/2.0",
        f"Via: SIP/2.0/UDP 10.0.0.77:5070;branch=z9hG4bK{name};rport",
        "Max-Forwards: 70",
        "From: <sip:99051000000233@sip.skype.com>;tag=abc",
        f"To: <sip:{RINGS}@sip.skype.com>",
        f"Call-ID: call-{name}",
        "CSeq: 1 INVITE",
        "Contact: <sip:pbx@10.0.0.77:5070>",
        "Content-Length: 0",
    )
    return "\r\n".join([*lines, "", ""]).encode()


def _as_another_call(invite: bytes, number: int) -> bytes:
    invite = re.sub(rb"\nCall-ID:[^\r]*", b"\nCall-ID: replayed-%d" % number, invite)
    return re.sub(rb"branch=z9hG4bK\w+", b"branch=z9hG4bKreplayed%d" % number, invite)


def _answers(play: WorkersPlay, data: bytes, source: Hop) -> list[Response]:
    """What the workers say at once, whoever gets the packet."""
    now = play.network.now()
    play.receive(Packet(data, source, TRUNK), now)
    sent = [packet for packet in play.packets_to_send() if packet.source == TRUNK]
    messages = [parse_message(packet.data) for packet in sent]
    return [message for message in messages if isinstance(message, Response)]


def _final(answers: list[Response]) -> list[int]:
    return [answer.status for answer in answers if answer.status >= 200]
