"""What must be known beside the trace: whose username, which trunk, which numbers.

A value, written by whoever runs the checks: a certification run knows all of it, `inference` guesses it
from a customer's capture. What is not known stays None or empty, and the rules that need it are not observed.
"""

from dataclasses import dataclass
from typing import Literal

from harness.sip.hop import Hop

DOMAIN = "sip.skype.com"
"""The trunk's domain and digest realm (guide line 155)."""
ECHO_NUMBER = "+17606604690"
"""The echo test (guide line 98)."""


@dataclass(frozen=True, slots=True)
class End:
    """A machine, or one port of it."""

    host: str
    """An IP literal without brackets."""
    port: int | None = None
    """None: every port."""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Setup:
    """One SIP Profile, the trunk it belongs to, and the PBX that uses it."""

    sip_username: str
    """The profile's SIP username: ``99051000000231``."""
    trunk: tuple[End, ...]
    """Where the trunk's signalling comes from and goes to."""
    pbx: tuple[End, ...] = ()
    """Where the PBX's signalling comes from; empty: whoever talks to the trunk."""
    password: str | None = None
    """The profile's password; None: credentials are judged by what the trunk answered."""
    domain: str = DOMAIN
    """The trunk's domain, which stands in From."""
    online_numbers: tuple[str, ...] = ()
    """Numbers that the trunk routes to this profile; empty: every number in an inbound Request-URI counts."""
    echo_number: str = ECHO_NUMBER
    """The number of the trunk's echo test."""
    mode: Literal["registration", "ip"] = "registration"
    """How the profile authenticates; an ``ip`` profile neither registers nor is challenged."""
    from_start: bool = False
    """Whether the trace begins before the PBX started: then a REGISTER that is not there was not sent."""

    def is_trunk(self, hop: Hop) -> bool:
        """Whether `hop` is the trunk's; a stream that the trunk opened leaves from any port."""
        for end in self.trunk:
            if hop.host == end.host and (
                end.port in (None, hop.port) or (hop.transport != "udp" and not self._shares(hop))
            ):
                return True
        return False

    def is_pbx(self, hop: Hop) -> bool:
        """Whether `hop` is the PBX's."""
        if not self.pbx:
            return not self.is_trunk(hop)
        return any(
            hop.host == end.host and (end.port in (None, hop.port) or hop.transport != "udp")
            for end in self.pbx
        )

    def _shares(self, hop: Hop) -> bool:
        """Whether the PBX, or nobody knows who, lives on the host of `hop` too."""
        return not self.pbx or any(end.host == hop.host for end in self.pbx)
