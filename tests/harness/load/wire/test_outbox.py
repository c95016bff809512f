"""Packets that wait leave together, unchanged, each as a packet of its own."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from harness.load.wire.outbox import MOST_SEGMENTS, Outbox

PATIENCE = 30.0  # seconds for what is certain to come


@pytest.fixture
def peers() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A connected socket, and the one that it is connected to."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as theirs,
    ):
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)
        theirs.bind(("127.0.0.1", 0))
        theirs.settimeout(PATIENCE)
        ours.bind(("127.0.0.1", 0))
        ours.connect(theirs.getsockname())
        yield ours, theirs


class WholeSends(socket.socket):
    """A socket without segments on its way, as a tunnel is: one large send fails."""

    tried = 0

    def sendmsg(self, *_: object) -> int:
        self.tried += 1
        raise OSError("too large")


class WatchedSends(socket.socket):
    """A socket that counts the large sends that fail."""

    failed = 0

    def sendmsg(self, *arguments: Any) -> int:
        try:
            return super().sendmsg(*arguments)
        except OSError:
            self.failed += 1
            raise


def outbox_of(made: socket.socket) -> tuple[Outbox, list[str]]:
    woken: list[str] = []
    return Outbox(made, lambda: woken.append("woken")), woken


def test_nothing_leaves_before_the_flush_and_one_wake_up_is_asked_for(
    peers: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = peers
    outbox, woken = outbox_of(ours)
    outbox.put(b"INVITE 1")
    outbox.put(b"INVITE 2")
    theirs.setblocking(False)
    with pytest.raises(BlockingIOError):
        theirs.recv(100)
    assert woken == ["woken"]


def test_packets_of_many_lengths_arrive_one_by_one_as_they_were(
    peers: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = peers
    outbox, _ = outbox_of(ours)
    packets = [b"%05d" % number + b"x" * (number % 7) for number in range(5 * MOST_SEGMENTS)]
    for data in packets:
        outbox.put(data)
    outbox.flush()
    assert sorted(theirs.recv(65536) for _ in packets) == packets
    assert (outbox.refused, outbox.not_sent) == (0, 0)


@pytest.mark.parametrize("size", [20_000, 40_000])
def test_of_large_packets_as_many_leave_together_as_one_send_may_hold(
    peers: tuple[socket.socket, socket.socket], size: int
) -> None:
    ours, theirs = peers
    with WatchedSends(socket.AF_INET, socket.SOCK_DGRAM, fileno=ours.dup().detach()) as watched:
        outbox, _ = outbox_of(watched)
        packets = [bytes([number]) * size for number in range(5)]
        for data in packets:
            outbox.put(data)
        outbox.flush()
        assert [theirs.recv(65536) for _ in packets] == packets
        assert watched.failed == 0


def test_an_ack_leaves_before_what_follows_it_in_its_call(
    peers: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = peers
    outbox, _ = outbox_of(ours)
    of_two_calls = [b"ACK long", b"BYE longer", b"ACK l", b"BYE long"]  # the second BYE is as long as an ACK
    for data in of_two_calls:
        outbox.put(data)
    outbox.flush()
    arrived = [theirs.recv(100) for _ in of_two_calls]
    assert sorted(arrived) == sorted(of_two_calls)
    assert arrived.index(b"ACK long") < arrived.index(b"BYE longer")
    assert arrived.index(b"ACK l") < arrived.index(b"BYE long")


def test_where_segments_do_not_fit_each_packet_leaves_alone(
    peers: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = peers
    with WholeSends(socket.AF_INET, socket.SOCK_DGRAM, fileno=ours.dup().detach()) as whole:
        outbox, _ = outbox_of(whole)
        for data in (b"INVITE 1", b"INVITE 2", b"INVITE 3"):
            outbox.put(data)
        outbox.flush()
        assert [theirs.recv(100) for _ in range(3)] == [b"INVITE 1", b"INVITE 2", b"INVITE 3"]
        tried = whole.tried
        for data in (b"INVITE 4", b"INVITE 5"):
            outbox.put(data)
        outbox.flush()
        assert [theirs.recv(100) for _ in range(2)] == [b"INVITE 4", b"INVITE 5"]
        assert whole.tried == tried


def test_a_host_where_nobody_listens_is_counted_and_the_packets_of_later_are_tried(
    peers: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = peers
    outbox, _ = outbox_of(ours)
    theirs.close()
    for _ in range(3):  # the answer to the first, ICMP, is told at the second
        outbox.put(b"INVITE 1")
        outbox.put(b"INVITE 2")
        outbox.flush()
    assert outbox.refused >= 1


def test_without_batches_each_packet_leaves_alone(peers: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = peers
    with WholeSends(socket.AF_INET, socket.SOCK_DGRAM, fileno=ours.dup().detach()) as whole:
        outbox = Outbox(whole, lambda: None, batches=False)
        for data in (b"INVITE 1", b"INVITE 2"):
            outbox.put(data)
        outbox.flush()
        assert [theirs.recv(100) for _ in range(2)] == [b"INVITE 1", b"INVITE 2"]
        assert whole.tried == 0
