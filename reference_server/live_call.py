"""One call of the trunk: the session of `harness.ua` with whose it is, what was dialled and how it went.

A record that others fill: `dispatch` and `inbound` make it, `calls` keeps and closes it, the control API
shows it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from harness.ua.call import Call
from harness.ua.call_state import CallState
from harness.ua.exchange import Exchange
from reference_server.profile import Profile
from reference_server.store.rows import RecordRow

SHOWN_STATES = {
    CallState.CALLING: "ringing",
    CallState.PROCEEDING: "ringing",
    CallState.RINGING: "ringing",
    CallState.ANSWERED: "answered",
    CallState.ENDING: "ended",
    CallState.ENDED: "ended",
}
"""What the control API says of a state."""


@dataclass(slots=True, eq=False)
class LiveCall:
    """A call of a profile, in either direction."""

    id: str
    """Unique in this trunk: the key in the control API and of the channel."""
    profile: Profile
    direction: str
    """`outbound` from the PBX, `inbound` towards it."""
    caller: str
    number: str
    started: float
    call_id: str = ""
    session: Call | None = None
    """None for a call that failed before anything was sent."""
    ended: float | None = None
    status: int | None = None
    cause: str = ""
    released_by: str = ""
    """`caller`, `callee` or `trunk`; empty while the call lasts."""
    fault_of_pbx: str | None = None
    remarks: list[str] = field(default_factory=list)
    heard_at: float | None = None
    """When RTP came last, time on hold counted; None before the first packet."""
    probe: Exchange | None = None
    """An OPTIONS inside the dialog that asks whether the peer still knows the call."""
    probed_at: float | None = None
    """When it asked last."""
    on_answer: Callable[[float], None] | None = None
    """What the trunk's side does once the call stands."""

    @property
    def state(self) -> str:
        """`ringing`, `answered` or `ended`."""
        if self.session is None or self.ended is not None:
            return "ended"
        return SHOWN_STATES[self.session.state]

    @property
    def answered(self) -> float | None:
        """When the call was answered, seconds since the epoch."""
        return None if self.session is None else self.session.answered_at

    def record(self, now: float) -> RecordRow:
        """The call record of a call that ended."""
        return RecordRow(
            self.call_id,
            self.profile.username,
            self.direction,
            self.caller,
            self.number,
            self.started,
            self.answered,
            now if self.ended is None else self.ended,
            self.status,
            self.cause,
            self.released_by,
            "; ".join(self.remarks),
        )
