"""Packets that are only noted give the same figures as packets looked at one by one."""

import random

from hypothesis import given
from hypothesis import strategies as st

from harness.media.codec import codec_named
from harness.media.offer_answer import MediaAddress, Negotiated
from harness.media.rtp import RtpPacket
from harness.sip.hop import Hop, Packet
from harness.sip.transaction_layer import TransactionLayer
from harness.ua.endpoint import Endpoint
from harness.ua.media_session import MediaSession
from harness.ua.received_stream import NOTES

LOCAL = Hop("udp", "10.0.0.1", 4000)
PEER = ("10.0.0.2", 5000)
OTHER = ("10.0.0.3", 5000)


def session(*, source: str = "echo", direction: str = "sendrecv", keeps_sound: bool = False) -> MediaSession:
    """A session that speaks A-law with PEER, on an endpoint that is not symmetric."""
    rng = random.Random(1)
    endpoint = Endpoint(
        layer=TransactionLayer(rng), rng=rng, local=LOCAL, contact="<sip:x>", media_address=lambda: LOCAL
    )
    made = MediaSession(endpoint, LOCAL, source=source, keeps_sound=keeps_sound)
    made.update(agreement(direction), 100.0)
    return made


def agreement(direction: str = "sendrecv") -> Negotiated:
    return Negotiated(codec_named("PCMA"), 8, 8, 101, 101, MediaAddress(*PEER), direction, 20)


def sound(number: int, ssrc: int = 7, size: int = 160, *, marker: bool = False) -> RtpPacket:
    payload = bytes(size)
    return RtpPacket(8, number & 0xFFFF, number * 160 & 0xFFFFFFFF, ssrc, payload, marker)


def event(number: int, ssrc: int = 7) -> RtpPacket:
    return RtpPacket(101, number & 0xFFFF, number * 160 & 0xFFFFFFFF, ssrc, b"\x05\x0a\x00\xa0")


@given(st.randoms(), st.integers(0, 70_000))
def test_both_ways_of_receiving_agree_in_all_figures(rng: random.Random, number: int) -> None:
    """A session that keeps sound looks at each packet, one that does not only notes most."""
    noting, looking = session(), session(keeps_sound=True)
    at = 100.0
    for _ in range(rng.randrange(2 * NOTES)):
        number += rng.choice((1, 1, 1, 1, 1, 1, 0, 2, -2))
        at += rng.choice((0.02, 0.02, 0.1))
        kind = rng.random()
        packet = event(number) if kind < 0.05 else sound(number, rng.choice((7,) * 20 + (8,)))
        data = b"junk" if 0.05 < kind < 0.07 else bytes(packet)
        source = rng.choice((PEER,) * 20 + (OTHER,))
        echoes = [one.receive_rtp(data, source, at) for one in (noting, looking)]
        assert echoes[0] == echoes[1]
        if rng.random() < 0.02:
            assert noting.statistics.quality() == looking.statistics.quality()
    assert noting.statistics.quality() == looking.statistics.quality()
    for name in ("received_packets", "received_octets", "payload_types", "source_addresses", "sent_packets",
                 "first_received_at", "last_received_at", "garbage_packets", "dtmf_received",
                 "learned_remote"):  # fmt: skip
        assert getattr(noting, name) == getattr(looking, name), name


def test_an_echo_has_its_own_source_and_keeps_the_numbers_it_began_with() -> None:
    one = session()
    replies = [
        one.receive_rtp(bytes(sound(number)), PEER, 100 + number * 0.02) for number in range(60_000, 60_100)
    ]
    went = [RtpPacket.parse(reply[0]) for reply in replies if reply is not None]
    assert len(went) == one.sent_packets == 100
    assert {packet.ssrc for packet in went} != {7}
    assert [packet.sequence for packet in went] == list(range(60_000, 60_100))
    assert {packet.payload_type for packet in went} == {8}


def test_digits_sent_into_an_echo_go_on_from_its_numbers() -> None:
    one = session()
    for number in range(10, 20):
        one.receive_rtp(bytes(sound(number)), PEER, 100 + number * 0.02)
    one.send_dtmf("1", 101.0)
    one._endpoint.handle_timers(101.0)  # noqa: SLF001 - the endpoint belongs to this test
    (packet,) = (RtpPacket.parse(packet.data) for packet in one.packets_to_send())
    assert (packet.payload_type, packet.sequence) == (101, 20)
    again = one.receive_rtp(bytes(sound(21)), PEER, 101.1)
    assert again is not None


def test_a_hold_stops_the_echo_and_counts_what_comes_as_unwanted() -> None:
    one = session()
    for number in range(5):
        assert one.receive_rtp(bytes(sound(number)), PEER, 100 + number * 0.02) is not None
    one.update(agreement("inactive"), 101.0)
    assert one.receive_rtp(bytes(sound(6)), PEER, 101.0) is None
    assert one.unwanted_packets == 1
    one.update(agreement(), 102.0)
    assert one.receive_rtp(bytes(sound(7)), PEER, 102.0) is not None
    one.stop(103.0)
    assert one.receive_rtp(bytes(sound(8)), PEER, 103.0) is None
    assert one.received_packets == 8


def test_a_packet_and_a_datagram_mean_the_same() -> None:
    one = session()
    one.receive(Packet(bytes(sound(1)), Hop("udp", *PEER), LOCAL), 100.0)
    (reply,) = one.packets_to_send()
    assert (reply.source, reply.destination) == (LOCAL, Hop("udp", *PEER))
    assert one.received_packets == 1


def test_one_stray_packet_of_another_sender_costs_the_other_nothing() -> None:
    one = session(source="none")
    for number in range(3 * NOTES):
        one.receive_rtp(bytes(sound(number)), PEER, 100 + number * 0.02)
        if number == NOTES:
            one.receive_rtp(b"\x80\x08", OTHER, 100 + number * 0.02)
    assert one.garbage_packets == 1
    assert one.statistics.lost == 0
    assert one.source_addresses == {PEER: 3 * NOTES}
