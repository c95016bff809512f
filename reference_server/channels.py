"""Channels: one a call, either direction, at most as many at a time as the profile has.

Counts only. Whoever ends a call gives its channel back here (`calls`); a channel is held under the call's own
key, so giving it back twice changes nothing.
"""

from reference_server.profile import Profile
from reference_server.refusal import Refusals


class Channels:
    """Which calls hold a channel, for each profile."""

    def __init__(self, refusals: Refusals) -> None:
        self._refusals = refusals
        self._held: dict[str, set[str]] = {}

    def take(self, profile: Profile, holder: str) -> None:
        """Takes a channel for the call `holder`. Raises `Refused` (503) when none is free."""
        held = self._held.setdefault(profile.username, set())
        if len(held) >= self.limit(profile):
            raise self._refusals.refuse("no_channel", f"{len(held)} calls", channels=profile.channels)
        held.add(holder)

    def release(self, profile: Profile, holder: str) -> None:
        """Gives the channel of `holder` back."""
        held = self._held.get(profile.username)
        if held is not None:
            held.discard(holder)

    def used(self, profile: Profile) -> int:
        """Channels in use now."""
        return len(self._held.get(profile.username, ()))

    def limit(self, profile: Profile) -> int:
        """How many calls the profile may have at a time."""
        return profile.channels
