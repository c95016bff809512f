"""Calls of accounts: each is one leg, found by its dialog and ended in one place, as those of profiles.

They hold no channel, cost nothing and leave no call record; a leg towards a profile is a call of that profile
and lies in `calls`. What joins two legs is `bridge`.
"""

from reference_server.calls import Calls
from reference_server.live_call import LiveCall
from reference_server.profile import Profile


class AccountCalls(Calls):
    """The legs that end at phones of accounts."""

    def open(self, profile: Profile, direction: str, caller: str, number: str, now: float) -> LiveCall:
        """A new leg, which needs no channel."""
        live = LiveCall(self.ids.new(now), profile, direction, caller, number, now)
        self._live[live.id] = live
        return live

    def give_back(self, live: LiveCall) -> None:
        """Nothing was taken."""

    def write_open(self, live: LiveCall, now: float) -> None:
        """Nor of calls in progress."""

    def write(self, live: LiveCall, now: float) -> None:
        """The community keeps no records."""
