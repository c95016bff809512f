"""IP fragments put together."""

from hypothesis import given
from hypothesis import strategies as st

from harness.capture.fragments import FragmentAssembler
from harness.capture.ip_packet import UDP, IpPacket

DATA = bytes(range(256)) * 12


def pieces(size: int = 1024, identification: int = 5) -> list[IpPacket]:
    starts = range(0, len(DATA), size)
    return [
        IpPacket("a", "b", UDP, DATA[at : at + size], (identification, at, at + size < len(DATA)))
        for at in starts
    ]


def test_a_whole_packet_passes_through() -> None:
    packet = IpPacket("a", "b", UDP, b"x")
    assert FragmentAssembler().add(packet) is packet


@given(st.permutations(range(12)), st.integers(0, 11))
def test_order_and_repetition_do_not_matter(order: list[int], repeated: int) -> None:
    """RFC 791 section 3.2."""
    assembler, parts = FragmentAssembler(), pieces(256)
    assert len(parts) == 12
    assembler.add(parts[order[0]])
    results = [assembler.add(parts[place]) for place in order]
    whole = [result for result in results if result is not None]
    assert [packet.payload for packet in whole] == [DATA]


def test_overlapping_fragments_give_the_datagram() -> None:
    assembler = FragmentAssembler()
    assembler.add(IpPacket("a", "b", UDP, DATA[:1600], (5, 0, True)))
    whole = assembler.add(IpPacket("a", "b", UDP, DATA[1024:], (5, 1024, False)))
    assert whole is not None
    assert whole.payload == DATA


def test_datagrams_do_not_mix() -> None:
    assembler, first, second = FragmentAssembler(), pieces(identification=1), pieces(identification=2)
    for one, other in zip(first[:-1], second[:-1], strict=True):
        assert assembler.add(one) is assembler.add(other) is None
    assert assembler.add(first[-1]) is not None
    assert assembler.add(second[-1]) is not None


def test_unfinished_datagrams_do_not_pile_up() -> None:
    assembler = FragmentAssembler()
    for identification in range(5000):
        assembler.add(IpPacket("a", "b", UDP, b"x" * 8, (identification, 0, True)))
    assert assembler.add(IpPacket("a", "b", UDP, b"y", (0, 8, False))) is None
    assert assembler.add(IpPacket("a", "b", UDP, b"y", (4999, 8, False))) is not None
