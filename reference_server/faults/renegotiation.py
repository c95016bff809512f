"""Faults of changes that one leg of a bridge hands on to the other."""

from harness.faults.fault import part
from harness.sip.message import Request
from harness.ua.call import Call
from reference_server.community.bridge import Bridge
from reference_server.community.community import Community
from reference_server.community.renegotiation import Renegotiation
from reference_server.faults.fault import Fault


class _EachForItself(Renegotiation):
    def take(self, leg: Call, request: Request, now: float) -> bool:
        return False


class _SelfishBridge(Bridge):
    renegotiation = _EachForItself


class _HoldsStay(Community):
    bridge = _SelfishBridge


FAULTS = (
    Fault(
        "hold-not-relayed",
        "accounts.hold-relayed",
        "a hold is answered by the trunk, and the side that is held is not told",
        part(community=_HoldsStay),
    ),
)
