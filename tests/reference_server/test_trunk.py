"""The core: what is committed before it is answered, and the state of a call from outside."""

import random

import pytest

from harness.sip.hop import Hop, Packet
from reference_server.endpoints import MediaPorts
from reference_server.parts import Blueprint
from reference_server.settings import ProfileSettings
from reference_server.store.store import Store, StoreError
from reference_server.trunk import RETRY_COMMIT_AFTER, Trunk
from tests.reference_server.trunk_play import ECHO, MAIN, TRUNK, USERNAME, make_dialect, play

PHONE = Hop("udp", "10.0.0.2", 5060)
REGISTER = (
    b"REGISTER sip:sip.skype.com SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK1;rport\r\n"
    b"From: <sip:99051000000233@sip.skype.com>;tag=1\r\nTo: <sip:99051000000233@sip.skype.com>\r\n"
    b"Call-ID: 1\r\nCSeq: 1 REGISTER\r\nContact: <sip:a@10.0.0.2>\r\nContent-Length: 0\r\n\r\n"
)


def trunk_with(store: Store, window: float) -> Trunk:
    settings = ProfileSettings.model_validate(
        {"sip_username": "99051000000233", "auth": "ip", "address": PHONE.host, "port": PHONE.port}
    )
    store.replace_profiles([settings])
    ports = MediaPorts(lambda host: Hop("udp", host, 4000))
    return Trunk(Blueprint(make_dialect()), store, ports, random.Random(1), 100.0, commit_window=window)


def test_the_answer_waits_until_the_binding_is_durable() -> None:
    store = Store("sqlite://")
    trunk = trunk_with(store, window=0.01)
    trunk.receive(Packet(REGISTER, PHONE, TRUNK), 100.0)
    (answer,) = trunk.packets_to_send()  # the first after a silence does not wait
    assert answer.data.startswith(b"SIP/2.0 200 ")
    trunk.receive(Packet(again(2), PHONE, TRUNK), 100.004)
    assert trunk.packets_to_send() == []
    assert trunk.next_timer() == pytest.approx(100.01)
    assert store.bindings(100.0)[0].cseq == 1
    trunk.handle_timers(100.01)
    (answer,) = trunk.packets_to_send()
    assert answer.data.startswith(b"SIP/2.0 200 ")
    assert store.bindings(100.0)[0].cseq == 2


def test_a_commit_comes_a_little_early_when_the_trunk_is_awake_anyway() -> None:
    trunk = trunk_with(Store("sqlite://"), window=0.04)
    trunk.receive(Packet(REGISTER, PHONE, TRUNK), 100.0)
    assert len(trunk.packets_to_send()) == 1
    trunk.receive(Packet(again(2), PHONE, TRUNK), 100.029)
    assert trunk.packets_to_send() == []
    trunk.receive(Packet(again(3), PHONE, TRUNK), 100.031)
    assert len(trunk.packets_to_send()) == 2


def again(number: int) -> bytes:
    """The next REGISTER of the same phone."""
    return REGISTER.replace(b"CSeq: 1", b"CSeq: %d" % number).replace(b"z9hG4bK1", b"z9hG4bK%d" % number)


class _BrokenStore(Store):
    broken = True

    def commit(self, now: float | None = None) -> None:
        if self.broken and self.dirty:
            raise StoreError("disk full")
        super().commit(now)


def test_nothing_is_promised_while_the_database_refuses() -> None:
    store = _BrokenStore("sqlite://")
    trunk = trunk_with(store, window=0.0)
    trunk.receive(Packet(REGISTER, PHONE, TRUNK), 100.0)
    assert trunk.packets_to_send() == []
    assert trunk.failed_commits == 1
    store.broken = False
    trunk.receive(Packet(REGISTER, PHONE, TRUNK), 100.0 + RETRY_COMMIT_AFTER)  # the PBX asks again
    assert [packet.data[:11] for packet in trunk.packets_to_send()] == [b"SIP/2.0 200"]


def test_a_call_is_counted_recorded_and_its_digits_are_heard() -> None:
    trunk = play()
    call = trunk.phone().call(ECHO)
    call.wait_answered()
    call.play_tone(1004)
    call.wait_tone(1004, 3)
    call.send_dtmf("42#")
    trunk.wait(2)
    (live,) = trunk.trunk.parts.calls.live()
    assert live.session is not None
    assert live.session.media is not None
    assert live.session.media.dtmf_received == "42#"
    call.hang_up()
    trunk.wait(1)
    record = trunk.store.records()[-1]
    assert (record.sip_username, record.number, record.cause) == (USERNAME, ECHO, "BYE")
    assert record.released_by == "caller"
    assert trunk.trunk.parts.calls.outcomes["outbound", "answered"] == 1


def test_a_refused_call_is_recorded_with_the_rule_that_refused_it() -> None:
    trunk = play()
    trunk.phone().call("02079460123")
    trunk.wait(1)
    record = trunk.store.records()[-1]
    assert (record.status, record.cause, record.released_by) == (484, "not_e164", "trunk")


def test_shutting_down_ends_calls_with_bye_and_refuses_those_that_ring() -> None:
    trunk = play(**{**MAIN, "channels": 5})
    phone = trunk.phone()
    answered, ringing = phone.call(ECHO), phone.call("+442079460200")
    trunk.wait(1)
    trunk.trunk.shut_down(trunk.network.now())
    trunk.wait(1)
    assert answered.ended_by == "remote"
    assert ringing.status == 480
    assert trunk.channels_used() == 0
