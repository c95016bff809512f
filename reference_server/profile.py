"""A SIP Profile as the trunk works with it, and the book in which all of them are found.

Settings are `settings.ProfileSettings`; bindings are the `registrar`'s, channels in use those of `channels`,
what it can spend lies in the purse of `metering`.
"""

from collections.abc import Iterable

from harness.sip.digest import hash_a1
from reference_server.settings import ProfileSettings


class Profile:
    """One SIP Profile."""

    __slots__ = (
        "active",
        "algorithm",
        "caller_id",
        "channels",
        "extension_tags",
        "ha1",
        "ip_source",
        "min_expires",
        "name",
        "online_numbers",
        "username",
    )

    def __init__(self, settings: ProfileSettings, realm: str) -> None:
        self.username = settings.sip_username
        self.change(settings, realm)

    def change(self, settings: ProfileSettings, realm: str) -> None:
        """Takes other settings; calls in progress go on under them."""
        self.name = settings.name
        self.algorithm = settings.algorithm.upper()
        self.ha1 = hash_a1(settings.sip_username, realm, settings.password, settings.algorithm)
        self.channels = settings.channels
        self.active = settings.active
        self.online_numbers = settings.online_numbers
        self.extension_tags = dict(settings.extension_tags)
        self.min_expires = settings.min_expires
        self.ip_source: tuple[str, int] | None = None
        """Address and port that are the credentials of a profile in ip mode."""
        if settings.auth == "ip" and settings.address is not None:
            self.ip_source = (settings.address, settings.port)
        self.caller_id = settings.caller_id

    @property
    def presented(self) -> str:
        """What those whom the profile calls are shown."""
        return self.username if self.caller_id is None else self.caller_id

    def __repr__(self) -> str:
        return f"<profile {self.username}>"


class Profiles:
    """All profiles of a trunk, by SIP username and by address."""

    def __init__(self, settings: Iterable[ProfileSettings], realm: str) -> None:
        self._realm = realm
        self._by_username: dict[str, Profile] = {}
        self._by_source: dict[tuple[str, int], Profile] = {}
        for one in settings:
            self.take(one)

    def take(self, settings: ProfileSettings) -> Profile:
        """A new profile, or the one of this SIP username with other settings."""
        profile = self._by_username.get(settings.sip_username)
        if profile is None:
            profile = self._by_username[settings.sip_username] = Profile(settings, self._realm)
        else:
            self._leave_source(profile)
            profile.change(settings, self._realm)
        if profile.ip_source is not None:
            self._by_source[profile.ip_source] = profile
        return profile

    def drop(self, username: str) -> Profile | None:
        """Forgets a profile and returns it; None when there is none of this SIP username."""
        profile = self._by_username.pop(username, None)
        if profile is not None:
            self._leave_source(profile)
        return profile

    def named(self, username: str) -> Profile | None:
        """The profile with this SIP username."""
        return self._by_username.get(username)

    def at(self, host: str, port: int) -> Profile | None:
        """The ip-mode profile whose PBX has this address and port."""
        return self._by_source.get((host, port))

    def all(self) -> list[Profile]:
        """All of them, in the order of the settings."""
        return list(self._by_username.values())

    def _leave_source(self, profile: Profile) -> None:
        if profile.ip_source is not None and self._by_source.get(profile.ip_source) is profile:
            del self._by_source[profile.ip_source]
