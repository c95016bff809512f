"""Which packets are kept, how many, and for how long."""

import pytest

from harness.sip.hop import Hop
from reference_server.console.live_feed import (
    LONGEST_MESSAGE,
    MOST_CALLS,
    MOST_MESSAGES,
    WATCHED_FOR,
    LiveFeed,
    Watcher,
)

TRUNK, PBX = Hop("udp", "127.0.0.1", 5060), Hop("udp", "192.0.2.7", 5070)


class Watched:
    """A trunk that may be watched, and a clock."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.watcher: Watcher | None = None
        self.feed = LiveFeed(self.watch, lambda: self.now)

    def watch(self, watcher: Watcher | None) -> None:
        """What `Trunk.watch` is set to."""
        self.watcher = watcher

    def sees(self, data: bytes, *, incoming: bool = True) -> None:
        """A packet passes."""
        if self.watcher is not None:
            self.watcher(incoming, data, TRUNK, PBX, self.now)


@pytest.fixture
def watched() -> Watched:
    """Somebody looks."""
    trunk = Watched()
    trunk.feed.look()
    return trunk


def message(call_id: str = "a", method: str = "INVITE", header: str = "Call-ID", size: int = 0) -> bytes:
    return f"{method} sip:x@y SIP/2.0\r\nCSeq: 1 {method}\r\n{header}: {call_id}\r\n\r\n{'x' * size}".encode()


def test_nothing_is_kept_before_somebody_looks() -> None:
    trunk = Watched()
    trunk.sees(message())
    assert trunk.watcher is None
    assert trunk.feed.messages("a") == ()


def test_messages_of_a_call_are_kept_in_order(watched: Watched) -> None:
    watched.sees(message())
    watched.sees(b"SIP/2.0 486 Busy Here\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\n\r\n", incoming=False)
    watched.sees(message("b", header="i"))
    first, second = watched.feed.messages("a")
    assert (first.incoming, first.label, first.peer) == (True, "INVITE", "192.0.2.7:5070")
    assert (second.incoming, second.label, second.outcome) == (False, "486 Busy Here", "refusal")
    assert len(watched.feed.messages("b")) == 1


@pytest.mark.parametrize("method", ["REGISTER", "OPTIONS", "SUBSCRIBE"])
def test_what_belongs_to_no_call_is_left_out(watched: Watched, method: str) -> None:
    watched.sees(message(method=method))
    watched.sees(b"\r\n\r\n")
    watched.sees(b"\xff\x00 garbage")
    assert watched.feed.messages("a") == ()


def test_memory_stays_bounded(watched: Watched) -> None:
    for number in range(MOST_CALLS + 5):
        watched.sees(message(str(number), size=100_000))
    for _ in range(MOST_MESSAGES + 5):
        watched.sees(message(str(MOST_CALLS)))
    assert watched.feed.messages("0") == ()
    assert len(watched.feed.messages(str(MOST_CALLS))) == MOST_MESSAGES
    assert len(watched.feed.messages(str(MOST_CALLS))[0].text) <= LONGEST_MESSAGE


def test_a_while_after_the_last_look_the_trunk_is_let_go(watched: Watched) -> None:
    watched.now += WATCHED_FOR - 1
    watched.sees(message())
    watched.feed.look()
    watched.now += WATCHED_FOR - 1
    watched.sees(message())
    assert len(watched.feed.messages("a")) == 2
    watched.now += 2
    watched.sees(message())
    assert watched.watcher is None
    assert not watched.feed.watching
    watched.feed.look()
    assert watched.watcher is not None
