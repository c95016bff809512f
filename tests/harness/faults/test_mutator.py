"""A blueprint's maker makes a mutator for each build, and none where packets stay as they are."""

from harness.faults.mutator import made
from harness.faults.packet_loss import drop_repeated
from harness.sip.hop import Hop, Packet

PACKET = Packet(b"x", Hop("udp", "10.0.0.1", 5060), Hop("udp", "10.0.0.2", 5060))


def test_two_mutators_of_one_maker_remember_apart() -> None:
    maker = drop_repeated(lambda _data: True)
    first, second = made(maker), made(maker)
    assert first is not None
    assert second is not None
    assert [first(PACKET, 0.0), first(PACKET, 0.0), second(PACKET, 0.0)] == [[PACKET], [], [PACKET]]


def test_where_nothing_changes_packets_there_is_no_mutator() -> None:
    assert made(None) is None
