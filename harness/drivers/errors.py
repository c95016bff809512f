"""What can go wrong between a phone and the network, as one exception tree.

::

    DriverError
    ├── WaitTimeout         what was waited for did not come
    ├── TargetUnreachable   nobody listens there, or the network says so
    └── AddressUnusable     our own address cannot be bound

Faults in SIP itself are `harness.sip.errors`.
"""

from collections.abc import Sequence

from harness.sip.hop import Hop


class DriverError(Exception):
    """The root of this tree."""


class WaitTimeout(DriverError):
    """What a scenario waited for did not come in time, or cannot come any more."""

    def __init__(self, what: str, timeout: float, seen: Sequence[str] = ()) -> None:
        super().__init__(what, timeout, seen)
        self.what = what
        """What was waited for, such as ``180 to INVITE``."""
        self.timeout = timeout
        """Seconds that were given."""
        self.seen = list(seen)
        """What came instead, one line an item, oldest first."""

    def __str__(self) -> str:
        seen = ", ".join(self.seen) if self.seen else "nothing"
        return f"no {self.what} within {self.timeout:g} s; seen: {seen}"


class TargetUnreachable(DriverError):
    """The network refused our packets: port unreachable, connection refused, no route, TLS failed."""

    def __init__(self, hop: Hop, reason: str) -> None:
        super().__init__(hop, reason)
        self.hop = hop
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.hop} cannot be reached: {self.reason}"


class AddressUnusable(DriverError):
    """One of our own addresses cannot be bound: in use, or not of this machine."""

    def __init__(self, hop: Hop, reason: str) -> None:
        super().__init__(hop, reason)
        self.hop = hop
        self.reason = reason

    def __str__(self) -> str:
        return f"cannot listen on {self.hop}: {self.reason}"
