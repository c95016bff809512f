"""What all responses to a request repeat of it: Via, From, To, Call-ID and CSeq, in its own order.

Byte for byte what `harness.sip.message.Request.response` copies, after `transport_rules.read_way` has noted
in the Via where the request really came from.
"""

import re
from typing import NamedTuple

DEFAULT_PORT = 5060
"""RFC 3261 section 19.1.2."""


class Copied(NamedTuple):
    """The fields up to the end of To, where a tag may follow, and those behind it."""

    before: bytes
    after: bytes
    way: tuple[str, int]
    """Where responses go (RFC 3261 section 18.2.2, RFC 3581 section 4)."""


def copied_fields(found: re.Match[bytes], address: tuple[str, int]) -> Copied | None:
    """Of a request that was glanced at and came from `address`; None when its Via is nothing ordinary."""
    host, port = address
    sent_by, early, branch, late, from_, call_id, cseq, to = found.group(
        "sent_by", "rport", "branch", "late_rport", "from_", "call_id", "cseq", "to"
    )
    came_from = host.encode()
    if late is not None and early is None:
        way = address
        via = b"Via: SIP/2.0/UDP %b;branch=%b;rport=%d;received=%b" % (sent_by, branch, port, came_from)
    elif early is not None and late is None:
        way = address
        via = b"Via: SIP/2.0/UDP %b;rport=%d;branch=%b;received=%b" % (sent_by, port, branch, came_from)
    elif early is None:
        sent_host, sent_port = found.group("sent_host", "sent_port")
        way = (host, DEFAULT_PORT if sent_port is None else int(sent_port[1:]))
        via = b"Via: SIP/2.0/UDP %b;branch=%b" % (sent_by, branch)
        if sent_host != came_from:
            via += b";received=" + came_from
    else:
        return None
    start = found.start
    if start("branch") < start("from_") < start("to") < start("call_id") < start("cseq"):
        before = b"%b\r\nFrom: %b\r\nTo: %b" % (via, from_, to)
        return Copied(before, b"\r\nCall-ID: %b\r\nCSeq: %b\r\n" % (call_id, cseq), way)
    return _in_order(found, via, way)


def _in_order(found: re.Match[bytes], via: bytes, way: tuple[str, int]) -> Copied:
    """The same for a request whose fields stand in another order."""
    lines = {
        "branch": via,
        "from_": b"From: " + found["from_"],
        "to": b"To: " + found["to"],
        "call_id": b"Call-ID: " + found["call_id"],
        "cseq": b"CSeq: " + found["cseq"],
    }
    names = sorted(lines, key=found.start)
    place = names.index("to") + 1
    before = b"\r\n".join(lines[name] for name in names[:place])
    after = b"".join(b"\r\n" + lines[name] for name in names[place:])
    return Copied(before, after + b"\r\n", way)
