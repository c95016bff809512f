"""A business account as the trunk works with it, and the book in which all of them are found.

Settings are `settings.AccountSettings`. An account signs in with name and password, so to authentication,
registrar and From rule it is a profile like any other; but it has neither channels nor credit nor numbers.
"""

from reference_server.profile import Profile, Profiles
from reference_server.settings import AccountSettings, ProfileSettings


class Account(Profile):
    """One business account."""

    __slots__ = ("display",)

    def __init__(self, settings: AccountSettings, realm: str) -> None:
        signs_in_with = ProfileSettings(
            sip_username=settings.name, name=settings.display, password=settings.password
        )
        super().__init__(signs_in_with, realm)
        self.display = settings.display or settings.name
        """What those are shown whom it calls."""

    def __repr__(self) -> str:
        return f"<account {self.username}>"


class Accounts:
    """All business accounts that have a password, by name, and which profile has which.

    A name is taken as it is written, capitals and all: it is the user part of a SIP URI, which is compared
    so (RFC 3261 section 19.1.4), and the username of a digest, whose hash knows the difference (RFC 2617
    section 3.2.2.2). The Quick Start Guide says nothing of capitals in Skype Names. Nobody is mistaken for
    another by that: the Manager gives each name once, in whatever case (`manager.accounts`).
    """

    def __init__(self, profiles: Profiles, realm: str) -> None:
        self.profiles = profiles
        """Those that accounts may be attached to."""
        self._realm = realm
        self._by_name: dict[str, Account] = {}

    def take(self, settings: AccountSettings) -> None:
        """Makes an account known, in place of an earlier one of that name."""
        self._by_name[settings.name] = Account(settings, self._realm)

    def drop(self, name: str) -> None:
        """Forgets an account; an unknown name is ignored."""
        self._by_name.pop(name, None)

    def named(self, name: str) -> Account | None:
        """The account with this name."""
        return self._by_name.get(name)

    def all(self) -> list[Account]:
        """All of them, the newest last."""
        return list(self._by_name.values())

    def profile_of(self, name: str) -> Profile | None:
        """The profile that an account is attached to, whether or not the account has a password here."""
        return next((one for one in self.profiles.all() if name in one.extension_tags), None)

    def profile_with(self, number: str) -> Profile | None:
        """The profile that an Online Number is allocated to."""
        return next((one for one in self.profiles.all() if number in one.online_numbers), None)


class Directory:
    """Profiles and accounts together: where `authentication` looks names up. A profile's name comes first."""

    def __init__(self, profiles: Profiles, accounts: Accounts) -> None:
        self._profiles = profiles
        self._accounts = accounts

    def named(self, username: str) -> Profile | None:
        """The profile with this SIP username, or the account with this name."""
        return self._profiles.named(username) or self._accounts.named(username)

    def at(self, host: str, port: int) -> Profile | None:
        """The ip-mode profile whose PBX has this address and port."""
        return self._profiles.at(host, port)
