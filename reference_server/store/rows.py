"""What goes into the database and comes out of it, as plain tuples and values.

`profile` makes the trunk's living profile out of a `ProfileSettings`; here are only rows.
"""

from typing import NamedTuple

from harness.sip.hop import Hop


class BindingRow(NamedTuple):
    """A contact bound to a profile, as the `binding` table holds it."""

    sip_username: str
    contact_key: str
    """What makes two contacts the same binding, RFC 3261 section 10.2.4."""
    contact: str
    """The whole Contact value as the PBX wrote it, without expires."""
    source: str
    """Where the REGISTER came from, `transport:host:port`."""
    listener: str
    """Where it arrived."""
    path: str
    """Path values, RFC 3327; empty when there were none."""
    call_id: str
    cseq: int
    expires_at: float


class RecordRow(NamedTuple):
    """A call that ended, as the `call_record` table holds it."""

    call_id: str
    sip_username: str
    direction: str
    """`outbound` from the PBX, `inbound` towards it."""
    caller: str
    number: str
    started: float
    answered: float | None
    ended: float
    status: int | None
    """Final status of the INVITE."""
    cause: str
    released_by: str
    """`caller`, `callee` or `trunk`."""
    remarks: str
    """What was borne with, such as a digest uri that is not the Request-URI."""


def hop_from_text(text: str) -> Hop:
    """The hop that `str(hop)` made `text` of."""
    transport, _, address = text.partition(":")
    host, _, port = address.rpartition(":")
    return Hop(transport, host.removeprefix("[").removesuffix("]"), int(port))


def storable(text: str) -> str:
    """`text` with U+FFFD for what is not UTF-8: messages keep such bytes, no database or JSON takes them."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace").replace("\0", "\ufffd")
