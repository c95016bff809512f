"""How one call is to be made or answered, deliberate misbehaviour included.

A value, read by `call` and its neighbours. The defaults are those of a phone that behaves.
"""

from collections.abc import Mapping
from dataclasses import dataclass

DEFAULT_CODECS = ("PCMA", "PCMU", "telephone-event")
"""What Skype Connect speaks, in its order of preference, without G.729."""


@dataclass(frozen=True, slots=True)
class CallOptions:
    """One call's own wishes. Fields given as None keep the default that their docstring names."""

    codecs: tuple[str, ...] = DEFAULT_CODECS
    """What is offered, and what an answer is chosen from."""
    direction: str = "sendrecv"
    """The first offer's direction."""
    sdp: bytes | None = None
    """The body of the INVITE (or of the answer), instead of one that is made from `codecs`."""
    content_type: str | None = None
    """Content-Type of `sdp`; None: application/sdp."""
    late_offer: bool = False
    """No body in the INVITE: the offer comes in the 2xx, the answer goes in the ACK."""

    supported: tuple[str, ...] = ()
    """Option tags; with ``100rel`` and ``timer`` the call also does what they say."""
    require: tuple[str, ...] = ()
    session_expires: int | None = None
    """Seconds asked for in Session-Expires (RFC 4028); None: no session timer is asked for."""
    min_se: int | None = None
    """Seconds in Min-SE; None: no header."""
    refresher: str | None = None
    """``uac`` or ``uas``; None: left to the other side."""

    headers: tuple[tuple[str, str], ...] = ()
    """More header fields for the INVITE (not its ACK or CANCEL), after our own."""
    replaced_headers: Mapping[str, str | None] | None = None
    """Header fields of the INVITE that are to say something else, or (None) to be missing."""
    from_uri: str | None = None
    """None: the account's address of record."""
    from_display: str | None = None
    """None: the account's display name."""
    to_uri: str | None = None
    """None: the same as the Request-URI."""
    request_uri: str | None = None
    """None: made from the dialled number and the account's domain."""
    contact: str | None = None
    """The whole Contact value; None: the user agent's own."""
    call_id: str | None = None
    cseq: int | None = None
    max_forwards: int = 70

    authenticate: bool = True
    """Whether a 401 or 407 is answered with credentials."""
    username: str | None = None
    """Username for the credentials; None: the account's."""
    password: str | None = None
    """Password for the credentials; None: the account's."""

    send_ack: bool = True
    """False: the 2xx is never acknowledged."""
    send_prack: bool = True
    """False: a reliable provisional response is never acknowledged."""
    answer_bye: bool = True
    """False: the other side's BYE gets no answer."""
    answer_requests: bool = True
    """False: no request inside the dialog but BYE gets an answer."""
    refresh: bool = True
    """False: the session timer is agreed upon, but we never refresh."""
    keep_history: bool = True
    """False: `Call.history` stays empty; a trunk with thousands of calls does not look back."""
    keep_sound: bool = True
    """False: what comes in as RTP is counted and not kept, so no tone is ever heard in it."""
    automatic_trying: bool = True
    """Incoming calls: send 100 at once."""

    media: str = "silence"
    """What we send: ``silence``, ``tone:HZ``, ``echo`` or ``none``."""
    rtcp: bool = False
    """Whether sender and receiver reports go to the RTP port plus one, every 5 s."""
