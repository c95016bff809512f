"""The From rule: the user of From is the SIP username of the profile that makes the call.

Quick Start Guide: "ensure that your SIP user name is in the From field". The display name is free. Who the
profile is was found out by `authentication`.
"""

from harness.sip.message import Request
from harness.sip.uri import SipUri
from reference_server.dialect import Dialect
from reference_server.profile import Profile
from reference_server.refusal import Refusals


class FromRule:
    """The From rule in the words of a dialect."""

    def __init__(self, dialect: Dialect, refusals: Refusals) -> None:
        self._refusals = refusals
        self._domain = dialect.domain

    def check(self, request: Request, profile: Profile) -> None:
        """Raises `Refused` (403) when From does not name `profile`."""
        uri = request.from_.uri
        if not isinstance(uri, SipUri):
            raise self._refusals.refuse(
                "from_scheme", f"From {uri}", username=profile.username, domain=self._domain
            )
        if not self.names(uri.user or "", profile) and not self.names(uri.unescaped_user, profile):
            seen = f"{uri.unescaped_user} in From" if uri.user else f"From {uri} without a user"
            raise self._refusals.refuse("from_user", seen, username=profile.username)

    def names(self, user: str, profile: Profile) -> bool:
        """Whether the user part of From is the SIP username of `profile`."""
        return user == profile.username
