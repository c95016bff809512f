"""What goes into the database and comes out of it, as plain tuples and values.

`profile` makes the trunk's living profile out of a `ProfileSettings`; here are only rows.
"""

from typing import NamedTuple

from harness.sip.hop import Hop

COMMUNITY = "community"
"""The direction of a call of a business account that goes to no profile."""


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
    """Of the profile; the account's name in a call of `COMMUNITY`."""
    direction: str
    """`outbound` from the PBX, `inbound` towards it, `community` between accounts."""
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
    cost: int = 0
    """Micro-units of Skype Credit that the call used up."""
    bundle_seconds: int = 0
    """Seconds of US minute bundles that the call used up."""
    rate: str = ""
    """The rate as people read it."""
    key: str = ""
    """What makes it this call and no other: no two records have the same. Empty for one that was refused."""


class OpenCallRow(NamedTuple):
    """A call in progress, as the `open_call` table holds it: what is known of it, should the trunk be killed.

    It is committed before the answer leaves, and goes when the record of the same key is committed.
    """

    key: str
    """What makes it this call and no other; should begin with the time, for the indexes' sake."""
    call_id: str
    sip_username: str
    direction: str
    caller: str
    number: str
    started: float
    answered: float
    """When the answer was given that waits for the commit."""
    rate_prefix: str = ""
    rate_name: str = ""
    per_minute: int = 0
    """Micro-units."""
    setup: int = 0
    """Micro-units."""
    step: int = 0
    """Seconds paid at a time; 0 for a call without a meter, which costs nothing."""
    in_bundle: bool = False
    """Whether US minute bundles cover the number."""


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
