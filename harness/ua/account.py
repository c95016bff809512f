"""Who a user agent is: the account it registers, calls and authenticates with.

A value; the state of a registration is `registration`, what a single call overrides is `call_options`.
"""

from dataclasses import dataclass

from harness.sip.hop import Hop


@dataclass(frozen=True, slots=True)
class Account:
    """One SIP account: username, password, domain, and where its packets go."""

    username: str
    """User part of the address of record; on a Skype Connect trunk the SIP username."""
    password: str
    registrar: Hop
    """Where everything outside a dialog is sent, as with an outbound proxy without a Route header."""
    domain: str = "sip.skype.com"
    """Host part of the address of record and of what is dialled."""
    auth_username: str | None = None
    """Username of the credentials; None: the same as `username`."""
    display_name: str | None = None

    @property
    def address_of_record(self) -> str:
        """``sip:username@domain``."""
        return f"sip:{self.username}@{self.domain}"

    @property
    def credentials_username(self) -> str:
        return self.username if self.auth_username is None else self.auth_username
