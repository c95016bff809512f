"""The SIP messages of the last calls, kept while somebody watches, for the ladders of the Live page.

The trunk shows each packet to `note` while it is being watched (`Trunk.watch`); a while after the last look
the feed lets go of the trunk by itself. Memory is bounded: so many calls, so many messages a call, so many
characters a message.
"""

import re
from collections import OrderedDict
from collections.abc import Callable

from harness.sip.hop import Hop
from reference_server.console.ladder import Message

MOST_CALLS = 50
MOST_MESSAGES = 60
"""Of one call."""
LONGEST_MESSAGE = 4_000  # characters
WATCHED_FOR = 60.0
"""Seconds after the last look until the trunk is no longer watched."""

Watcher = Callable[[bool, bytes, Hop, Hop, float], None]
"""Gets `incoming`, the bytes, the trunk's own hop, the peer's, and when."""

_CALL_ID = re.compile(rb"^(?:Call-ID|i)[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
_NOT_OF_CALLS = (b"REGISTER", b"OPTIONS", b"PUBLISH", b"SUBSCRIBE")
_CSEQ = re.compile(rb"^CSeq[ \t]*:[ \t]*\d+[ \t]+(\w+)", re.IGNORECASE | re.MULTILINE)


class LiveFeed:
    """Messages by Call-ID."""

    def __init__(self, watch: Callable[[Watcher | None], None], clock: Callable[[], float]) -> None:
        """`watch` makes the trunk show its packets to a watcher, or to nobody."""
        self._watch = watch
        self._clock = clock
        self._until: float | None = None
        self._calls: OrderedDict[str, list[Message]] = OrderedDict()

    def look(self) -> None:
        """Somebody looks: packets are kept from now on, for a while."""
        if self._until is None:
            self._watch(self.note)
        self._until = self._clock() + WATCHED_FOR

    @property
    def watching(self) -> bool:
        """Whether packets are kept now."""
        return self._until is not None

    def messages(self, call_id: str) -> tuple[Message, ...]:
        """What was seen of a call; empty when nothing was."""
        return tuple(self._calls.get(call_id, ()))

    def note(self, incoming: bool, data: bytes, _local: Hop, peer: Hop, now: float) -> None:
        """Keeps a packet of a call. What belongs to no call is left out."""
        if self._until is None or now > self._until:
            self._until = None
            self._watch(None)
            return
        method, found = _CSEQ.search(data), _CALL_ID.search(data)
        if method is None or found is None or method[1].upper() in _NOT_OF_CALLS:
            return
        call_id = found[1].decode("utf-8", "replace")
        kept = self._calls.get(call_id)
        if kept is None:
            kept = self._calls[call_id] = []
            if len(self._calls) > MOST_CALLS:
                self._calls.popitem(last=False)
        if len(kept) < MOST_MESSAGES:
            text = data[: LONGEST_MESSAGE * 2].decode("utf-8", "replace").replace("\r\n", "\n")
            kept.append(Message(now, incoming, f"{peer.host}:{peer.port}", text[:LONGEST_MESSAGE]))
