"""TCP segments in and out."""

from hypothesis import given
from hypothesis import strategies as st

from harness.capture.ip_packet import ACK, FIN, SYN, TcpSegment, parse_ip, parse_tcp
from harness.capture.tcp_stream import MSS, SegmentAssembler, TcpFlow
from harness.sip.hop import Hop

DATA = bytes(range(251)) * 8
CLIENT, SERVER = Hop("tcp", "127.0.0.1", 40000), Hop("tcp", "127.0.0.1", 5060)


def segment(start: int, end: int, *, first: int = 100, flags: int = ACK) -> TcpSegment:
    return TcpSegment(1, 2, (first + start) % 2**32, flags, DATA[start:end])


def opened(first: int = 100) -> SegmentAssembler:
    assembler = SegmentAssembler()
    assembler.add(TcpSegment(1, 2, (first - 1) % 2**32, SYN, b""))
    return assembler


@given(st.permutations(range(10)), st.sampled_from([100, 2**32 - 777]))
def test_segments_in_any_order_give_the_stream(order: list[int], first: int) -> None:
    """RFC 9293 section 3.4: sequence numbers wrap."""
    assembler = opened(first)
    parts = [segment(at * 200, at * 200 + 200, first=first) for at in range(10)]
    read = [assembler.add(parts[place]) for place in order]
    assert b"".join(data for data, _ in read) == DATA[:2000]
    assert not any(hole for _, hole in read)


def test_retransmitted_and_overlapping_segments_count_once() -> None:
    assembler = opened()
    read = [
        assembler.add(part)[0]
        for part in (segment(0, 100), segment(0, 100), segment(50, 150), segment(140, 300))
    ]
    assert b"".join(read) == DATA[:300]


def test_a_capture_that_begins_in_the_middle_starts_there() -> None:
    assembler = SegmentAssembler()
    assert assembler.add(segment(500, 600)) == (DATA[500:600], False)
    assert assembler.add(segment(600, 700)) == (DATA[600:700], False)


def test_a_hole_that_stays_is_told_and_stepped_over() -> None:
    assembler = opened()
    assembler.add(segment(0, 100))
    assert assembler.add(segment(200, 300)) == (b"", False)
    assert assembler.add(segment(300, 310, flags=ACK | FIN)) == (DATA[200:310], True)


def test_a_flow_opens_with_a_handshake_and_counts_bytes() -> None:
    flow = TcpFlow(CLIENT, SERVER)
    opening = [parse_tcp(packet.payload) for raw in flow.handshake() if (packet := parse_ip(raw))]
    assert [found.flags for found in opening if found] == [SYN, SYN | ACK, ACK]
    first, second = (parse_ip(raw) for raw in flow.data(CLIENT, b"x" * (MSS + 1)))
    assert first is not None
    assert second is not None
    one, two = parse_tcp(first.payload), parse_tcp(second.payload)
    assert one is not None
    assert two is not None
    assert (two.sequence - one.sequence, len(one.data), len(two.data)) == (MSS, MSS, 1)
