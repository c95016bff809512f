"""A bad network for one profile, by a seed; the trace keeps what the PBX sent and what it was sent."""

from collections.abc import Iterator

import pytest

from harness.faults.mutator import Mutator
from harness.sip.hop import Hop, Packet
from reference_server.stage.directions import StageDirections
from reference_server.stage.network import BadNetwork, chained
from reference_server.stage.stage import Stage
from tests.reference_server.stage.staged_trunk import ECHO, PROFILE, StagedTrunk
from tests.virtual.virtual_trunk import PROFILES

HERE, THERE = Hop("udp", "127.0.0.1", 5060), Hop("udp", "127.0.0.5", 5060)


@pytest.fixture
def stage() -> Iterator[StagedTrunk]:
    staged = StagedTrunk()
    yield staged
    staged.close()


def passed(count: int, **impairment: float) -> list[bytes]:
    stage = Stage()
    stage.direct("100", StageDirections.model_validate({"impairment": impairment}))
    network = BadNetwork(stage, "sip in")
    packets = [Packet(str(number).encode(), THERE, HERE) for number in range(count)]
    return [one.data for packet in packets for one in network.pass_on(packet, "100")]


def test_loss_is_about_as_large_as_told_and_the_same_each_time() -> None:
    first = passed(1000, loss=0.2, seed=7)
    assert 740 < len(first) < 860
    assert first == passed(1000, loss=0.2, seed=7)
    assert first != passed(1000, loss=0.2, seed=8)


def test_duplicates_and_disorder() -> None:
    assert 1060 < len(passed(1000, duplicate=0.1)) < 1140
    disordered = passed(1000, reorder=0.1)
    assert disordered != sorted(disordered, key=int)
    assert len(disordered) >= 999


def test_streams_suffer_nothing() -> None:
    stage = Stage()
    stage.direct("100", StageDirections.model_validate({"impairment": {"loss": 0.9}}))
    packet = Packet(b"x", Hop("tcp", "127.0.0.5", 40000), Hop("tcp", "127.0.0.1", 5060))
    assert all(BadNetwork(stage, "sip in").pass_on(packet, "100") == [packet] for _ in range(50))


def test_mutators_stand_behind_each_other() -> None:
    def adding(byte: bytes) -> Mutator:
        return lambda packet, _now: [packet._replace(data=packet.data + byte)]

    both = chained(lambda: adding(b"1"), lambda: adding(b"2"))()
    assert both(Packet(b"", THERE, HERE), 0.0)[0].data == b"12"


def test_a_phone_lives_with_a_bad_network(stage: StagedTrunk) -> None:
    impairment = {"loss": 0.2, "duplicate": 0.2, "reorder": 0.1, "seed": 3, "media": False}
    stage.direct(impairment=impairment)
    for _ in range(5):
        call = stage.phone.call(ECHO).wait_answered(60)
        call.play_tone(1004).wait_tone(1004)
        call.hang_up(60)


def test_rtp_is_lost_too(stage: StagedTrunk) -> None:
    stage.direct(impairment={"loss": 0.3, "seed": 1})
    call = stage.phone.call(ECHO).wait_answered(60)
    call.play_tone(1004)
    stage.wait(4)
    assert 0.2 < call.media.statistics.lost / 200 < 0.8


class TestTrace:
    def test_it_has_both_ways_in_order_with_numbers(self, stage: StagedTrunk) -> None:
        stage.phone.register()
        packets, following = stage.control.observed(kind="sip")
        heads = [each.packet.data.split(b"\r\n")[0] for each in packets]
        assert [head.split(b" ")[0] for head in heads] == [b"REGISTER", b"SIP/2.0"] * 2
        assert [each.number for each in packets] == [1, 2, 3, 4]
        assert following == 4
        assert packets[0].packet.source == stage.phone.local
        assert packets == sorted(packets, key=lambda each: each.time)

    def test_it_goes_on_where_it_was_left(self, stage: StagedTrunk) -> None:
        stage.phone.register()
        _, following = stage.control.observed()
        stage.phone.request("OPTIONS")
        later, _ = stage.control.observed(following)
        assert [each.packet.data[:7] for each in later] == [b"OPTIONS", b"SIP/2.0"]

    def test_it_knows_whose_packets_they_are(self, stage: StagedTrunk) -> None:
        other = stage.trunk.phone(PROFILES[-1])
        other.register()
        stage.phone.call(ECHO, from_uri="sip:101@sip.skype.com").wait_final()
        ours = stage.observed(profile=PROFILE.sip_username)
        assert {each.source for each in ours} | {each.destination for each in ours} == {
            HERE,
            stage.phone.local,
        }
        assert any(each.data.startswith(b"SIP/2.0 403") for each in ours)

    def test_what_was_lost_on_the_way_is_what_the_pbx_sent(self, stage: StagedTrunk) -> None:
        stage.direct(register={"silent": True})
        stage.phone.send(stage.phone.build_request("REGISTER", headers=[("Contact", "<sip:a@127.0.0.1>")]))
        stage.wait(1)
        assert [each.data[:8] for each in stage.observed()] == [b"REGISTER"]

    def test_rtp_stands_beside_it(self, stage: StagedTrunk) -> None:
        call = stage.phone.call(ECHO).wait_answered()
        stage.wait(1)
        call.hang_up()
        rtp = stage.observed(kind="rtp", profile=PROFILE.sip_username)
        assert len([each for each in rtp if each.source.host == HERE.host]) > 80
        assert not [each for each in stage.observed(kind="sip") if each.data[:1] == b"\x80"]
