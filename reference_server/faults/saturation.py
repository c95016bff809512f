"""Faults that show only when a profile's channels are all in use, or nearly."""

from harness.faults.fault import media_out, part
from harness.faults.mutator import Mutator
from harness.sip.hop import Hop, Packet
from harness.sip.transaction_events import RequestReceived
from reference_server.calls import Calls
from reference_server.channels import Channels
from reference_server.dispatch import Dispatch
from reference_server.faults.fault import Fault
from reference_server.live_call import LiveCall
from reference_server.liveness import Liveness
from reference_server.profile import Profile
from reference_server.refusal import Refused

NEARLY_FULL = 0.9
"""Of the channels."""
CROSS_TALK_EVERY = 50
STARVED_EVERY = 8
RECORD_LOST_EVERY = 25
RTP_HEADER = 12
"""Bytes."""
RACE_WINDOW = 0.05
"""Seconds for which a call is not counted yet."""
REFUSAL_DELAY = 0.8
"""Seconds."""
SHARED = 1.5
"""Of a profile's channels are there for all profiles together."""


class _DropsWhenFull(Calls):
    def open(self, profile: Profile, direction: str, caller: str, number: str, now: float) -> LiveCall:
        live = super().open(profile, direction, caller, number, now)
        own = [each for each in self.live() if each.profile is profile and each.state == "answered"]
        if len(own) > NEARLY_FULL * profile.channels:
            self.end(own[0], "dropped for a new call", now)
        return live


class _TwoForOne(Channels):
    _released = False

    def release(self, profile: Profile, holder: str) -> None:
        self._released = self._released or self.used(profile) >= self.limit(profile)
        super().release(profile, holder)

    def limit(self, profile: Profile) -> int:
        return profile.channels + self._released


class _CountsLate(Channels):
    """Counts a call only some time after it began, as a count kept elsewhere would."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self._young: dict[str, float] = {}
        self.now = 0.0

    def take(self, profile: Profile, holder: str) -> None:
        super().take(profile, holder)
        self._young[holder] = self.now

    def limit(self, profile: Profile) -> int:
        self._young = {key: at for key, at in self._young.items() if self.now - at < RACE_WINDOW}
        return profile.channels + len(self._young)


class _TellsTheTime(Calls):
    def open(self, profile: Profile, direction: str, caller: str, number: str, now: float) -> LiveCall:
        if isinstance(self._channels, _CountsLate):
            self._channels.now = now
        return super().open(profile, direction, caller, number, now)


class _OnePool(Channels):
    """Counts all profiles' calls against one limit."""

    _all = 0

    def take(self, profile: Profile, holder: str) -> None:
        if self._all >= SHARED * profile.channels:
            raise self._refusals.refuse("no_channel", f"{self._all} calls", channels=profile.channels)
        super().take(profile, holder)
        self._all += 1

    def release(self, profile: Profile, holder: str) -> None:
        before = self.used(profile)
        super().release(profile, holder)
        self._all -= before - self.used(profile)


class _RefusesLate(Dispatch):
    __slots__ = ()

    def refuse(self, event: RequestReceived, refused: Refused, now: float) -> None:
        if refused.status != 503:
            super().refuse(event, refused, now)
            return
        self.endpoints.timers.schedule(
            now + REFUSAL_DELAY, lambda at: super(_RefusesLate, self).refuse(event, refused, at)
        )


class _NeverLooks(Liveness):
    def sweep(self, now: float) -> None:
        pass


class _LosesRecords(Calls):
    _written = 0

    def write(self, live: LiveCall, now: float) -> None:
        self._written += 1
        if self._written % RECORD_LOST_EVERY:
            super().write(live, now)


def _cross_talk() -> Mutator:
    """Now and then the sound of the call before in the packet of this one."""
    before: list[tuple[Hop, bytes]] = []
    count = 0

    def mutate(packet: Packet, _now: float) -> list[Packet]:
        nonlocal count
        count += 1
        changed = packet
        if before and before[0][0] != packet.source and count % CROSS_TALK_EVERY == 0:
            changed = packet._replace(data=packet.data[:RTP_HEADER] + before[0][1])
        before[:] = [(packet.source, packet.data[RTP_HEADER:])]
        return [changed]

    return mutate


def _starved() -> Mutator:
    """Loses one RTP packet in so many."""
    count = 0

    def mutate(packet: Packet, _now: float) -> list[Packet]:
        nonlocal count
        count += 1
        return [packet] if count % STARVED_EVERY else []

    return mutate


FAULTS = (
    Fault(
        "calls-dropped-when-full",
        "saturation.all-channels",
        "a new call on a nearly full profile ends the oldest one",
        part(calls=_DropsWhenFull),
    ),
    Fault(
        "cross-talk",
        "saturation.own-audio",
        "now and then a call hears a packet of another call",
        media_out(_cross_talk),
    ),
    Fault(
        "audio-starved",
        "saturation.audio-quality",
        "one RTP packet in eight is not sent",
        media_out(_starved),
    ),
    Fault(
        "refusal-late",
        "saturation.refusal-in-time",
        "the call beyond the last channel is refused after 0.8 s",
        part(dispatch=_RefusesLate),
    ),
    Fault(
        "two-for-one",
        "saturation.one-for-one",
        "when a call on a full profile ends, two more get in",
        part(channels=_TwoForOne),
    ),
    Fault(
        "limit-race",
        "saturation.exact-under-race",
        "a call counts only 50 ms after it began, so calls at the same instant pass the limit",
        part(calls=_TellsTheTime, channels=_CountsLate),
    ),
    Fault(
        "vanished-callers-kept",
        "saturation.vanished-callers",
        "calls whose RTP stopped are never ended",
        part(liveness=_NeverLooks),
    ),
    Fault(
        "records-lost",
        "saturation.record-per-call",
        "every 25th call leaves no record",
        part(calls=_LosesRecords),
    ),
    Fault(
        "profiles-share-channels",
        "saturation.profiles-apart",
        "all profiles together have half as many channels again as one of them",
        part(channels=_OnePool),
    ),
)
