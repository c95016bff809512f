"""What came is taken many packets at a time, with the time at which it came, by both kinds of inbox."""

import socket
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from harness.load.wire.inbox import AT_ONCE, Inbox, PlainInbox, StampedInbox, open_inbox

Make = Callable[[socket.socket, Callable[[], float]], Inbox]
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="recvmmsg and its times are Linux's")
BOTH = pytest.mark.parametrize("make", [PlainInbox, pytest.param(StampedInbox, marks=ON_LINUX)])


@pytest.fixture
def peers() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A socket that does not block, and one that is connected to it; loopback delivers at once."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as theirs,
    ):
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)
        ours.bind(("127.0.0.1", 0))
        theirs.bind(("127.0.0.1", 0))
        ours.setblocking(False)
        ours.connect(theirs.getsockname())
        theirs.connect(ours.getsockname())
        yield ours, theirs


@BOTH
def test_packets_come_whole_and_in_order_and_no_more_than_fit(
    make: Make, peers: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = peers
    inbox = make(ours, time.time)
    sent = [b"%d" % number * (1 + number) for number in range(AT_ONCE + 3)]
    for data in sent:
        theirs.send(data)
    first, second, third = inbox.take(), inbox.take(), inbox.take()
    assert [data for data, _ in first + second] == sent
    assert (len(first), len(second), third) == (AT_ONCE, 3, [])


@BOTH
def test_the_largest_packet_fits(make: Make, peers: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = peers
    inbox = make(ours, time.time)
    theirs.send(bytes(65_507))
    assert [data for data, _ in inbox.take()] == [bytes(65_507)]


@ON_LINUX
def test_the_time_of_a_packet_is_when_it_came_however_late_it_is_taken(
    peers: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = peers
    day, late = time.time, 0.0
    monkeypatch.setattr("harness.load.wire.inbox.time.time", lambda: day() + late)
    inbox = StampedInbox(ours, lambda: day() + late)
    before = day()
    theirs.send(b"early")
    after = day()
    late = 30.0  # both clocks have gone on
    [(_, came)] = inbox.take()
    assert before - 0.001 <= came <= after + 0.001


@ON_LINUX
def test_a_clock_of_the_day_that_is_set_puts_no_packet_outside_of_what_is_possible(
    peers: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = peers
    inbox = StampedInbox(ours, lambda: 100.0)
    for set_to in (-3600.0, 3600.0):
        theirs.send(b"one")
        moment = time.time() + set_to
        with monkeypatch.context() as patch:
            patch.setattr("harness.load.wire.inbox.time.time", lambda moment=moment: moment)
            assert inbox.take() == [(b"one", 100.0)]


@BOTH
def test_a_host_where_nobody_listens_is_told(make: Make, peers: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = peers
    inbox = make(ours, time.time)
    theirs.close()
    ours.send(b"anybody?")
    with pytest.raises(ConnectionRefusedError):
        inbox.take()
    assert inbox.take() == []


def test_a_system_that_gives_no_times_gets_the_plain_inbox(
    peers: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.load.wire.inbox.sys.platform", "darwin")
    inbox = open_inbox(peers[0], time.time)
    assert isinstance(inbox, PlainInbox)
    assert not inbox.is_stamped
