"""The trunk in front of the PBX, as scenarios direct and watch it.

START HERE to write a scenario for a PBX: `direct` says what the trunk does next, `place_call` rings the PBX,
`leg` is what passed between them since the scenario began, `wait` lets time pass until something shows there,
and `judge` lets a check of `harness.checks.pbx` rule over it. Phones behind the PBX are `inside_phone`.
"""

from collections.abc import Callable
from typing import Any

from harness.capture.ladder import step_label
from harness.capture.trace import Trace, TracedPacket
from harness.checks.breach import Inconclusive, RequirementBroken
from harness.checks.pbx.credentials import carries_any
from harness.checks.pbx.judgement import judge_leg
from harness.checks.pbx.ruling import Observed, Ruling
from harness.checks.pbx.setup import Setup
from harness.checks.pbx.trunk_leg import TrunkLeg
from harness.drivers.driver import Driver
from harness.pytest_plugin.control import Control
from harness.pytest_plugin.progress import Progress
from harness.sip.hop import Hop

SETTLE_PATIENCE = 2.0
"""Seconds that calls have to end between two scenarios."""
LOOK_AGAIN = 0.03
"""Seconds between two looks into the trunk's trace."""


class TrunkSide:
    """The trunk of one certification."""

    def __init__(self, control: Control, setup: Setup, driver: Driver, progress: Progress) -> None:
        self.control = control
        self.setup = setup
        self._driver = driver
        self._progress = progress
        self._sip: list[TracedPacket] = []
        self._sip_next = 0
        self._mark = 0
        self._media_from = 0
        self._standing: dict[str, Any] = {}
        self._calls: list[str] = []

    # Directing

    def stand(self, granted: int | None) -> None:
        """Grant so many seconds to every registration from now on, whatever else is directed."""
        self._standing = {} if granted is None else {"expires_granted": granted}
        self.direct()

    def direct(self, **directions: Any) -> None:
        """What the trunk does next, in the words of its stage directions; without any it is itself again."""
        register = {**self._standing, **directions.pop("register", {})}
        if register:
            directions["register"] = register
        self.control.direct(self.setup.sip_username, **directions)

    def place_call(self, number: str | None = None, **order: Any) -> str:
        """Let the trunk call the PBX; returns the call's id. `order` as in `Control.place_call`."""
        call = self.control.place_call(self.setup.sip_username, number=number, **order)
        self._calls.append(call)
        return call

    def end_calls(self) -> None:
        """Hang up what the scenario has placed."""
        for call in self._calls:
            if self.control.call(call)["state"] != "ended":
                self.control.hang_up(call)
        self._calls.clear()

    def release(self) -> None:
        """Hang up what the PBX has open."""
        for call in self.leg().outbound:
            found = self.control.find_call(call.call_id) if call.answer is not None else None
            if found is not None and self.control.call(found)["state"] != "ended":
                self.control.hang_up(found)

    def has_calls(self) -> bool:
        """Whether a call holds a channel."""
        return bool(self.control.profile(self.setup.sip_username)["channels_used"])

    def settle(self) -> None:
        """Let what was ended come to its end, so that nothing of it reaches the next scenario."""
        deadline = self._driver.now() + SETTLE_PATIENCE
        while self.has_calls():
            if self._driver.now() >= deadline:
                return  # a PBX that does not let go; the trunk will, in the end
            self.pause(LOOK_AGAIN)
        self.pause(LOOK_AGAIN)

    def last_outbound(self) -> str:
        """The trunk's id of the newest call that the PBX made in this scenario; inconclusive without one."""
        calls = self.leg().outbound
        if not calls:
            raise Inconclusive("no call of the PBX reached the trunk")
        return self.id_of(calls[-1].call_id)

    def id_of(self, call_id: str) -> str:
        """The trunk's id of the call with a Call-ID. Inconclusive when it has none."""
        found = self.control.find_call(call_id)
        if found is None:
            raise Inconclusive("the trunk has no such call")
        return found

    def is_registered(self) -> bool:
        """Whether the trunk has a contact of the PBX."""
        return bool(self.control.profile(self.setup.sip_username)["bindings"])

    def seconds_registered(self) -> int:
        """For how long the trunk has a contact of the PBX yet; 0 without one."""
        bindings = self.control.profile(self.setup.sip_username)["bindings"]
        return max((int(each["expires_in"]) for each in bindings), default=0)

    # Watching

    def begin(self) -> None:
        """A scenario begins here."""
        self.look()
        self._mark = len(self._sip)
        self._media_from = self._sip_next

    def from_start(self) -> None:
        """Let the scenario see all that passed since the PBX appeared: from its first accepted REGISTER on.

        What came before is left out, since the profile's password may only then have been entered; of the
        accepted one the challenge is shown too. Without such a REGISTER everything counts.
        """
        self._mark = 0
        registers = self.leg().registers
        place = next((place for place, each in enumerate(registers) if 200 <= each.status < 300), None)
        if place is None:
            return
        first = registers[place]
        asked = registers[place - 1] if place else first
        if asked.request.call_id == first.request.call_id and not carries_any(asked.request):
            first = asked
        self._mark = self._sip.index(first.first.traced)

    def look(self) -> None:
        """Fetch what has passed since the last look."""
        while True:
            packets, following = self.control.observed(self._sip_next, kind="sip")
            self._sip += packets
            for each in packets[-3:]:
                self._progress.tell(
                    "message", label=step_label(each.packet.data), sent=self.is_ours(each.packet.source)
                )
            if following == self._sip_next or not packets:
                self._sip_next = max(self._sip_next, following)
                return
            self._sip_next = following

    def is_ours(self, hop: Hop) -> bool:
        """Whether the trunk sits there."""
        return self.setup.is_trunk(hop)

    def messages(self) -> Trace:
        """The SIP packets of the scenario."""
        self.look()
        return Trace(self._sip[self._mark :])

    def leg(self, *, media: bool = False) -> TrunkLeg:
        """What passed between PBX and trunk since the scenario began, up to this moment."""
        packets = self.messages().packets
        if media:
            packets = sorted([*packets, *self.media()])
        leg = TrunkLeg(Trace(packets), self.setup)
        leg.end = max(leg.end, self._driver.now())
        return leg

    def media(self) -> list[TracedPacket]:
        """The RTP of the scenario."""
        found: list[TracedPacket] = []
        since = self._media_from
        while True:
            packets, following = self.control.observed(since, kind="rtp")
            found += packets
            if following == since or not packets:
                return found
            since = following

    def now(self) -> float:
        """The run's clock, in seconds since the epoch."""
        return self._driver.now()

    def pause(self, seconds: float) -> None:
        """Let time pass; phones go on."""
        self._driver.run_until(lambda: False, seconds)

    def wait(self, holds: Callable[[TrunkLeg], object], timeout: float) -> bool:
        """Until the predicate holds over `leg`; False: it did not within so many seconds."""
        deadline = self._driver.now() + timeout
        while True:
            if holds(self.leg()):
                return True
            if self._driver.now() >= deadline:
                return False
            self.pause(LOOK_AGAIN)

    def wait_call(self, call: str, holds: Callable[[dict[str, Any]], object], timeout: float) -> bool:
        """Until the predicate holds over what the trunk says of a call; False: it did not."""
        deadline = self._driver.now() + timeout
        while not holds(self.control.call(call)):
            if self._driver.now() >= deadline:
                return False
            self.pause(LOOK_AGAIN)
        return True

    # Judging

    def rule(self, requirement: str, *, media: bool = False) -> Ruling:
        """What the check of a requirement says of the scenario so far."""
        return judge_leg(self.leg(media=media), {requirement})[0]

    def is_told(self, requirement: str) -> bool:
        """Whether the check of a requirement has seen what it judges, broken or not."""
        return self.rule(requirement).verdict is not Observed.NOT_OBSERVED

    def judge(self, requirement: str, *, media: bool = False) -> None:
        """The check of a requirement must not see it broken; what it cannot see is inconclusive."""
        ruling = self.rule(requirement, media=media)
        if ruling.breach is not None:
            raise RequirementBroken(ruling.breach)
        if ruling.verdict is Observed.NOT_OBSERVED:
            raise Inconclusive(f"not observed: {ruling.missing}")
