"""START HERE for figures: what the engine hands over of one attempt that is over.

`generator` makes these, `figures` adds them up. All times are seconds on one clock that never steps back and
counts like the epoch, so that those of several workers can be laid side by side; None is what did not happen.
"""

from dataclasses import dataclass

DELIBERATE = frozenset({"", "CANCEL by us", "vanished"})
"""Causes that are no failure of the target: all well, or ended early because the user told so."""


class _StatusWords(dict[int, str]):
    """Statuses as text, made once each: every attempt needs one."""

    def __missing__(self, status: int) -> str:
        return self.setdefault(status, str(status))


_WORDS = _StatusWords()


@dataclass(slots=True)
class HeardAudio:
    """What came back of one call's audio, packets unless said."""

    sent: int
    received: int
    lost: int
    late: int
    """Came after its place in the jitter buffer had been played; judged as lost."""
    jitter_ms: float
    """Interarrival jitter (RFC 3550 section 6.4.1)."""
    delay_ms: float
    """One way, the jitter buffer's depth included."""
    mos: float
    """ITU-T G.107 by way of `harness.media.e_model`; 1.0 to 4.5."""
    foreign: int = 0
    """Packets whose audio belongs to another call."""
    foreign_calls: tuple[str, ...] = ()
    """Whose audio that was."""
    unknown: int = 0
    """Packets with no call's audio in them: silence, announcements, noise; counted as received."""


@dataclass(slots=True)
class Attempt:
    """One attempt, finished."""

    kind: str
    """``call`` (outgoing), ``answer`` (incoming call), ``register``, ``refresh``, ``unregister``,
    ``options`` or ``scenario``."""
    profile: str
    """SIP username."""
    intended: float
    """When the schedule wanted it to start; latency counts from here (open loop)."""
    started: float
    """When the first INVITE or REGISTER left; the metrics of RFC 6076 count from here."""
    first_response: float | None
    """First provisional response but 100, else the final one; 401 and 407 rounds do not count."""
    answered: float | None
    """Final 2xx."""
    status: int | None
    """Final status; None: Timer B or F expired, or the target could not be reached."""
    cause: str
    """"" when all is well, else a short text: ``486 Busy Here``, ``timer B``, ``no answer to BYE``."""
    challenged: bool
    """A 401 or 407 was answered with credentials."""
    bye_sent: float | None
    """First BYE of ours; None when the far end hung up."""
    bye_answered: float | None
    """2xx to our BYE; None although BYE was sent: Timer F expired, or `cause` names the refusal."""
    ended: float
    completed: bool
    """RFC 6076 section 4.9: answered, held as long as wanted, ended properly."""
    retransmissions: int
    """Requests that we sent again, and 2xx that were repeated to us."""
    media: HeardAudio | None = None
    """Figures of the call's audio."""
    source: str = ""
    """Our address that it left from; throttling is judged for each source."""
    retry_after: bool = False
    """The final response had a Retry-After header."""
    waited: float = 0.0
    """Seconds for which challenges to its INVITE or REGISTER lay unread in our own socket: no delay of the
    target's, so no figure of delay holds them."""

    @property
    def failed(self) -> bool:
        """True unless all went well or the user wanted it to end early."""
        return self.cause not in DELIBERATE

    @property
    def code(self) -> str:
        """What latencies and counts are sorted by: the final status, or why there was none."""
        status = self.status
        if status is not None:
            return _WORDS[status]
        return "failed" if self.kind == "scenario" else self.cause or "no response"
