"""Channels: one a call, either direction, at most as many at a time as the profile has.

Counts only. Whoever ends a call gives its channel back here (`calls`); a channel is held under the call's own
key, so giving it back twice changes nothing. A trunk of several workers counts them all together: each
worker's calls are here, the numbers of all in `workers.channel_table`.
"""

from typing import Protocol

from reference_server.profile import Profile
from reference_server.refusal import Refusals


class ChannelCounts(Protocol):
    """Counts of a profile's channels that other processes share."""

    def take(self, username: str, limit: int) -> int:
        """Takes a channel if fewer than `limit` are in use; returns how many were in use before."""

    def release(self, username: str) -> None:
        """Gives a channel back."""

    def used(self, username: str) -> int:
        """Channels in use now."""


class Channels:
    """Which calls hold a channel, for each profile."""

    def __init__(self, refusals: Refusals) -> None:
        self._refusals = refusals
        self._held: dict[str, set[str]] = {}
        self.counts: ChannelCounts | None = None
        """The counts of all workers, where there are several."""

    def take(self, profile: Profile, holder: str) -> None:
        """Takes a channel for the call `holder`. Raises `Refused` (503) when none is free."""
        held = self._held.setdefault(profile.username, set())
        limit = self.limit(profile)
        used = len(held) if self.counts is None else self.counts.take(profile.username, limit)
        if used >= limit:
            raise self._refusals.refuse("no_channel", f"{used} calls", channels=profile.channels)
        held.add(holder)

    def release(self, profile: Profile, holder: str) -> None:
        """Gives the channel of `holder` back."""
        held = self._held.get(profile.username)
        if held is not None and holder in held:
            held.discard(holder)
            if self.counts is not None:
                self.counts.release(profile.username)

    def used(self, profile: Profile) -> int:
        """Channels in use now."""
        if self.counts is not None:
            return self.counts.used(profile.username)
        return len(self._held.get(profile.username, ()))

    def limit(self, profile: Profile) -> int:
        """How many calls the profile may have at a time."""
        return profile.channels
