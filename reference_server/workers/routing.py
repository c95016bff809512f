"""Whose packet is it: read from its bytes, without parsing the message.

The kernel spreads datagrams over the workers by source address and port, which says nothing about calls. So:

- a response belongs to the worker whose mark is in the branch of its first Via;
- a request inside a dialog (and the ACK to a refusal) to the mark in its To-tag;
- a request that starts something has a *home* by its Call-ID, a REGISTER by the user of its To. So merged
  requests (RFC 3261 section 8.2.2.2) meet each other, a CANCEL meets its INVITE, a profile's bindings have
  one writer, and the calls of a PBX that sends all from one port still spread over all workers;
- at its home, a request with credentials goes on to the worker that issued their nonce, for only that one
  knows which counts were used. The home remembers such INVITEs, for a CANCEL carries no credentials.

Header fields are found by regular expressions that are linear in the length of the packet. A packet in which
nothing is found stays where it arrived: no worker knows more about it than another.
"""

import re
import zlib
from collections import OrderedDict
from urllib.parse import unquote_to_bytes

REMEMBERED = 10_000
"""INVITEs that left their home for the worker of their nonce; the oldest are forgotten first."""

_SPACE = rb"[ \t\r\n]*"
_REST = rb"[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*"
"""What is left of a header field's value, with its folded lines; the next two take as little as they can."""
_LITTLE = rb"[^\r\n]*?(?:\r?\n[ \t][^\r\n]*?)*?"
_BRANCH = re.compile(
    rb"\n(?:via|v)[ \t]*:" + _LITTLE + rb";" + _SPACE + rb"branch[ \t]*=[ \t]*z9hG4bK([0-9a-f])", re.I
)
_TO_TAG = re.compile(rb"\n(?:to|t)[ \t]*:" + _REST + rb";" + _SPACE + rb"tag[ \t]*=[ \t]*([0-9a-f]?)", re.I)
_TO_USER = re.compile(rb"\n(?:to|t)[ \t]*:" + _LITTLE + rb"sips?:([^@;>:\r\n]{1,99})[^@>\r\n]{0,99}@", re.I)
_CALL_ID = re.compile(rb"\n(?:call-id|i)[ \t]*:" + _SPACE + rb"([^ \t\r\n]+)", re.I)
_NONCE = re.compile(rb"nonce=\"[0-9a-f]{16}([0-9a-f])[0-9a-f]{39}\"")
"""16 digits of time, the mark, 7 digits of a running number, 32 of signature: `harness.sip.nonce`. It is
looked for everywhere: only credentials have such a parameter, and a wrong guess only costs a challenge."""
_ODD_NONCE = re.compile(rb"[ \t\r\n,]nonce[ \t]*=[ \t]*\"[0-9a-f]{16}([0-9a-f])[0-9a-f]{39}\"", re.I)
"""As few clients write it. Three times as slow: no literal to begin with."""


class Routing:
    """Finds the owner of packets, as one of several workers."""

    def __init__(self, worker: int, workers: int) -> None:
        self.worker = worker
        self.workers = workers
        self._moved: OrderedDict[bytes, int] = OrderedDict()

    def next_worker(self, data: bytes) -> tuple[int, bool]:
        """Where a packet that arrived here goes; True: there it is at home and may have to go on."""
        if data.startswith(b"SIP/2.0 "):
            return self._marked(_BRANCH.search(data)), False
        tag = _TO_TAG.search(data)
        if tag is not None:
            return self._marked(tag), False
        home = self.home(data)
        if home == self.worker:
            return self.from_home(data), False
        return home, True

    def home(self, data: bytes) -> int:
        """The home of a request that starts something."""
        if data.startswith(b"REGISTER "):
            user = _TO_USER.search(data)
            return self.worker if user is None else self.home_of_user(unquote_to_bytes(user[1]))
        call_id = _CALL_ID.search(data)
        return self.worker if call_id is None else zlib.crc32(call_id[1]) % self.workers

    def home_of_user(self, username: bytes) -> int:
        """The worker that writes the bindings of a profile."""
        return zlib.crc32(username) % self.workers

    def from_home(self, data: bytes) -> int:
        """Where a request goes whose home is here: mostly it stays."""
        if data.startswith(b"REGISTER "):
            return self.worker
        if data.startswith(b"CANCEL "):
            call_id = _CALL_ID.search(data)
            return self.worker if call_id is None else self._moved.get(call_id[1], self.worker)
        marks = self._marks_of_nonces(data)
        owner = self.worker if not marks or self.worker in marks else marks[-1]
        if data.startswith(b"INVITE "):
            self._remember(data, owner)
        return owner

    def _marked(self, found: re.Match[bytes] | None) -> int:
        if found is None or not found[1]:
            return self.worker
        worker = int(found[1], 16)
        return worker if worker < self.workers else self.worker

    def _marks_of_nonces(self, data: bytes) -> list[int]:
        """The workers that issued the nonces of all credentials, in their order."""
        if b"igest" not in data:
            return []
        found = [one for one in _NONCE.finditer(data) if data[one.start() - 1] not in b"cC"]  # no cnonce
        marks = [int(one[1], 16) for one in found or _ODD_NONCE.finditer(data)]
        return [mark for mark in marks if mark < self.workers]

    def _remember(self, data: bytes, owner: int) -> None:
        call_id = _CALL_ID.search(data)
        if call_id is None:
            return
        if owner == self.worker:
            self._moved.pop(call_id[1], None)
            return
        self._moved[call_id[1]] = owner
        if len(self._moved) > REMEMBERED:
            self._moved.popitem(last=False)
