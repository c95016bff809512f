"""One call of the trunk: the session of `harness.ua` with whose it is, what was dialled and how it went.

A record that others fill: `dispatch` and `inbound` make it, `calls` keeps and closes it, the control API
shows it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from harness.sip.errors import LocalError
from harness.ua.call import Call
from harness.ua.call_state import CallState
from harness.ua.exchange import Exchange
from harness.ua.media_session import MediaSession
from reference_server.profile import Profile
from reference_server.rating.charge import NOTHING, Charge
from reference_server.rating.meter import Meter
from reference_server.store.rows import OpenCallRow, RecordRow, storable

FOREVER = float("inf")

SHOWN_STATES = {
    CallState.CALLING: "ringing",
    CallState.PROCEEDING: "ringing",
    CallState.RINGING: "ringing",
    CallState.ANSWERED: "answered",
    CallState.ENDING: "ended",
    CallState.ENDED: "ended",
}
"""What the control API says of a state."""


@dataclass(frozen=True, slots=True)
class HeardMedia:
    """What came in as RTP, in numbers."""

    received_packets: int
    lost_packets: int
    jitter_ms: float
    digits: str
    """Telephone-events."""


NOTHING_HEARD = HeardMedia(0, 0, 0.0, "")
"""Of a call whose media nobody has needed yet."""


class LeanCall(Protocol):
    """An ordinary call that has no session: `reference_server.express`."""

    answered_at: float | None
    media: MediaSession | None

    def hand_over(self) -> Call:
        """Makes it a session that goes on where this ends."""
        ...


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
    lean: "LeanCall | None" = None
    """What carries the call instead of a session; whoever asks for `session` makes it one for good."""
    _session: Call | None = None
    answered_at: float | None = None
    """When a call that is over was answered."""
    heard_media: HeardMedia | None = None
    """What was heard in a call that is over."""
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
    meter: Meter | None = None
    """What reserves for the call; None where nothing has to be reserved (any more)."""
    paid_until: float = FOREVER
    """Until when it is reserved for; before the answer for ever."""
    is_timed: bool = False
    """Whether a timer waits for `paid_until`."""
    charge: Charge = NOTHING
    """What it cost, once it is over."""
    is_open: bool = False
    """Whether the store knows it as a call in progress."""
    released_at: float | None = None
    """When it gave its channel back: with the BYE, whichever side sends it."""

    def __post_init__(self) -> None:
        self.caller, self.number = storable(self.caller), storable(self.number)

    @property
    def session(self) -> Call | None:
        """None for a call that failed before anything was sent, or that is over: see `settle`."""
        return self._session if self.lean is None else self.lean.hand_over()

    @session.setter
    def session(self, session: Call | None) -> None:
        self._session, self.lean = session, None

    @property
    def key(self) -> str:
        """What the store knows the call by: neighbours in time are neighbours in its indexes, which is cheap.

        Empty for a call that was refused before it had an id.
        """
        return self.id and f"{int(self.started):08x}{self.id}"

    @property
    def presented(self) -> str:
        """What the far end is shown as the caller: of a PBX its Caller ID, else its SIP username."""
        return self.caller if self.direction == "inbound" else self.profile.presented

    @property
    def state(self) -> str:
        """`ringing`, `answered` or `ended`."""
        if self.lean is not None:
            return "ringing" if self.lean.answered_at is None else "answered"
        if self.session is None or self.ended is not None:
            return "ended"
        return SHOWN_STATES[self.session.state]

    @property
    def final_status(self) -> int | None:
        """The final status of the INVITE; None while there is none."""
        if self.lean is not None:
            return None if self.lean.answered_at is None else 200
        return self.status if self.session is None else self.session.status

    @property
    def answered(self) -> float | None:
        """When the call was answered, seconds since the epoch."""
        if self.lean is not None:
            return self.lean.answered_at
        return self.answered_at if self.session is None else self.session.answered_at

    @property
    def heard(self) -> HeardMedia | None:
        """The RTP that came so far; None without a media session."""
        if self.lean is not None:
            media = self.lean.media
            if media is None:
                return NOTHING_HEARD if self.lean.answered_at is not None else None
        else:
            media = None if self.session is None else self.session.media
        if media is None:
            return self.heard_media
        jitter = media.statistics.quality().jitter_ms
        return HeardMedia(media.received_packets, media.statistics.lost, jitter, media.dtmf_received)

    def settle(self, now: float) -> None:
        """Marks the call as over since `now` and keeps of its session only figures: a session costs 14 KB."""
        self.heard_media, self.answered_at = self.heard, self.answered
        self.ended, self.session, self.on_answer, self.probe = now, None, None, None

    def send_dtmf(self, digits: str, now: float) -> None:
        """Sends telephone-events, or remarks that none were negotiated; a call that is over sends none."""
        if self.session is None or self.session.state is not CallState.ANSWERED:
            return
        try:
            self.session.send_dtmf(digits, now)
        except LocalError as error:
            self.remarks.append(f"no digits sent: {error}")

    def open_row(self, answered: float) -> OpenCallRow:
        """The call in progress, as it is kept in case the trunk is killed."""
        profile, meter = self.profile, self.meter
        known = (
            self.key,
            storable(self.call_id),
            profile.username,
            self.direction,
            self.caller,
            self.number,
            self.started,
            answered,
        )
        if meter is None:
            return OpenCallRow(*known)
        rate = meter.rate
        return OpenCallRow(
            *known, rate.prefix, rate.name, rate.per_minute, rate.setup, rate.step, meter.in_bundle
        )

    def record(self, now: float) -> RecordRow:
        """The call record of a call that ended."""
        return RecordRow(
            storable(self.call_id),
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
            storable("; ".join(self.remarks)),
            *self.charge,
            self.key,
        )
