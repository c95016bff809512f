"""An echoed stream keeps its gaps and its order under another name."""

from harness.media.rtp import RtpPacket, RtpSender
from harness.ua.rtp_echo import RtpEcho


def echoed(*packets: RtpPacket) -> list[RtpPacket]:
    echo, sender = RtpEcho(), RtpSender(99, 0xFFFE, 0xFFFFFFF0)
    return [RtpPacket.parse(echo.packet(packet, sender, 8)) for packet in packets]


def test_gaps_and_order_stay_while_the_numbers_are_our_own() -> None:
    came = [RtpPacket(0, number, 160 * number, 7, b"x") for number in (10, 12, 11, 13)]
    went = echoed(*came)
    assert {packet.ssrc for packet in went} == {99}
    assert [packet.sequence for packet in went] == [0xFFFE, 0, 0xFFFF, 1]
    steps = [(packet.timestamp - went[0].timestamp) & 0xFFFFFFFF for packet in went]
    assert steps == [0, 320, 160, 480]


def test_a_new_source_goes_on_where_the_last_one_stopped() -> None:
    went = echoed(RtpPacket(0, 10, 1600, 7, b"x"), RtpPacket(0, 500, 9, 8, b"x"))
    assert [packet.sequence for packet in went] == [0xFFFE, 0xFFFF]


def test_payload_marker_and_payload_type_are_carried_over() -> None:
    packet = echoed(RtpPacket(101, 1, 1, 7, b"event", marker=True))[0]
    assert (packet.payload, packet.marker, packet.payload_type) == (b"event", True, 8)
