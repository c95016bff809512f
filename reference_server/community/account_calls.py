"""Calls of accounts: each is one leg, found by its dialog and ended in one place, as those of profiles.

They hold no channel and cost nothing. A call of two accounts has two legs and one record, that of the leg of
who calls: its direction is `COMMUNITY`, it is as durable as others, and no charge is ever written with it.
A leg towards a profile is a call of that profile, recorded there, and lies in `calls`. What joins two legs is
`bridge`.
"""

from harness.sip.message import Request
from reference_server.calls import Calls
from reference_server.live_call import LiveCall
from reference_server.profile import Profile
from reference_server.refusal import Refused
from reference_server.store.rows import COMMUNITY


class AccountCalls(Calls):
    """The legs that end at phones of accounts."""

    def open(self, profile: Profile, direction: str, caller: str, number: str, now: float) -> LiveCall:
        """A new leg, which needs no channel and no credit."""
        live = LiveCall(self.ids.new(now), profile, direction, caller, number, now)
        self._live[live.id] = live
        return live

    def give_back(self, live: LiveCall) -> None:
        """Nothing was taken."""

    def refused(self, request: Request, profile: Profile, dialled: str, refused: Refused, now: float) -> None:
        """Takes down a call that the rules did not let begin, and remembers it: nothing else tells of it."""
        live = LiveCall(
            self.ids.new(now), profile, COMMUNITY, profile.username, dialled, now, call_id=request.call_id
        )
        self.fail(live, refused.status, refused.rule, now)

    def shown(self) -> list[LiveCall]:
        """The calls that no profile has, each once, those that ended first."""
        return [live for live in super().shown() if live.direction == COMMUNITY]

    def write_open(self, live: LiveCall, now: float) -> None:
        """Queues a call in progress; of one that has a record elsewhere nothing."""
        if live.direction == COMMUNITY:
            super().write_open(live, now)

    def write(self, live: LiveCall, now: float) -> None:
        """Queues the record of a call; of one that has it elsewhere nothing."""
        if live.direction == COMMUNITY:
            super().write(live, now)
