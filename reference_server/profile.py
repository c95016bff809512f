"""A SIP Profile as the trunk works with it, and the book in which all of them are found.

Settings are `settings.ProfileSettings`; bindings are the `registrar`'s, channels in use those of `channels`.
"""

from collections.abc import Iterable
from decimal import Decimal

from harness.sip.digest import hash_a1
from reference_server.settings import ProfileSettings


class Profile:
    """One SIP Profile."""

    __slots__ = (
        "active",
        "algorithm",
        "channels",
        "credit",
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
        self.name = settings.name
        self.algorithm = settings.algorithm.upper()
        self.ha1 = hash_a1(settings.sip_username, realm, settings.password, settings.algorithm)
        self.channels = settings.channels
        self.credit: Decimal = settings.credit
        self.active = settings.active
        self.online_numbers = settings.online_numbers
        self.extension_tags = dict(settings.extension_tags)
        self.min_expires = settings.min_expires
        self.ip_source: tuple[str, int] | None = None
        """Address and port that are the credentials of a profile in ip mode."""
        if settings.auth == "ip" and settings.address is not None:
            self.ip_source = (settings.address, settings.port)

    def __repr__(self) -> str:
        return f"<profile {self.username}>"


class Profiles:
    """All profiles of a trunk, by SIP username and by address."""

    def __init__(self, settings: Iterable[ProfileSettings], realm: str) -> None:
        self._by_username = {one.sip_username: Profile(one, realm) for one in settings}
        self._by_source = {
            profile.ip_source: profile
            for profile in self._by_username.values()
            if profile.ip_source is not None
        }

    def named(self, username: str) -> Profile | None:
        """The profile with this SIP username."""
        return self._by_username.get(username)

    def at(self, host: str, port: int) -> Profile | None:
        """The ip-mode profile whose PBX has this address and port."""
        return self._by_source.get((host, port))

    def all(self) -> list[Profile]:
        """All of them, in the order of the settings."""
        return list(self._by_username.values())
