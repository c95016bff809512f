"""When listeners are looked at: at once as a rule, by the clock while much comes."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from harness.drivers.listener_sockets import BUSY, COUNTED, PAUSE, ListenerSockets
from harness.drivers.udp_socket import open_udp
from harness.sip.hop import Hop

PEER = ("192.0.2.1", 5060)


class Loop:
    """What `ListenerSockets` wants of a loop, done by hand."""

    def __init__(self) -> None:
        self.readers: dict[int, Callable[[], None]] = {}
        self.later: list[tuple[float, Callable[[], None]]] = []

    def add_reader(self, descriptor: int, callback: Callable[..., None], *arguments: Any) -> None:
        self.readers[descriptor] = lambda: callback(*arguments)

    def remove_reader(self, descriptor: int) -> None:
        self.readers.pop(descriptor, None)

    def call_later(self, delay: float, callback: Callable[[], None]) -> "Loop":
        self.later.append((delay, callback))
        return self

    def cancel(self) -> None:
        self.later.clear()


class Play:
    """One listener, and what was done with it."""

    def __init__(self) -> None:
        self.now = 100.0
        self.loop = Loop()
        self.taken: list[bytes] = []
        self.turns: list[float] = []
        self.listeners = ListenerSockets(
            cast("asyncio.AbstractEventLoop", self.loop),
            clock=lambda: self.now,
            receive=lambda data, address, local, now: self.taken.append(data),
            after=self.turns.append,
            fail=lambda hop: None,
        )
        self.socket, self.hop = open_udp(Hop("udp", "127.0.0.1", 0))
        self.listeners.add(self.socket, self.hop)
        self.sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def send(self, *datagrams: bytes) -> None:
        for data in datagrams:
            self.sender.sendto(data, (self.hop.host, self.hop.port))

    def ready(self) -> None:
        self.loop.readers[self.socket.fileno()]()

    def look(self) -> None:
        delay, callback = self.loop.later.pop()
        self.now += delay
        callback()

    def be_busy(self) -> None:
        """As many datagrams as make the clock decide."""
        self.send(b"first")
        self.ready()
        self.send(*[b"next"] * int(BUSY * COUNTED * 1.5))
        self.now += COUNTED * 1.1
        self.ready()
        self.taken.clear()
        self.turns.clear()


@pytest.fixture
def play() -> Iterator[Play]:
    made = Play()
    yield made
    made.listeners.close()
    made.sender.close()


def test_an_idle_server_answers_at_once(play: Play) -> None:
    play.send(b"one")
    play.ready()
    assert play.taken == [b"one"]
    assert play.turns == [100.0]
    assert play.listeners.next_look is None


def test_while_much_comes_the_sockets_are_looked_at_by_the_clock(play: Play) -> None:
    play.be_busy()
    assert not play.loop.readers
    assert play.listeners.next_look == pytest.approx(play.now + PAUSE)
    play.send(b"one", b"two", b"three")
    assert play.taken == []
    play.look()
    assert play.taken == [b"one", b"two", b"three"]
    assert play.turns == [play.now]


def test_when_little_comes_they_tell_of_themselves_again(play: Play) -> None:
    play.be_busy()
    for _ in range(int(COUNTED / PAUSE) + 2):
        if play.loop.later:
            play.look()
    assert play.listeners.next_look is None
    play.send(b"one")
    play.ready()
    assert play.taken == [b"one"]


def test_a_driver_that_is_awake_looks_along(play: Play) -> None:
    play.send(b"one")
    assert not play.listeners.look_along()
    assert play.taken == []  # the socket tells of itself
    play.ready()
    play.be_busy()
    play.send(b"two")
    assert play.listeners.look_along()
    assert play.taken == [b"two"]


def test_what_was_sent_to_a_closed_listener_is_taken_by_nobody(play: Play) -> None:
    play.be_busy()
    play.listeners.close()
    assert not play.loop.later
    assert len(play.listeners) == 0
