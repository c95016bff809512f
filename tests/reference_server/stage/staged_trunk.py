"""An observed trunk in virtual time with one phone that is the PBX of a profile."""

from typing import Any

from harness.drivers.phone import Phone
from harness.drivers.simulated import SimulatedNetwork
from harness.sip.hop import Packet
from tests.virtual.virtual_trunk import PROFILES, VirtualTrunk

PROFILE = PROFILES[0]
ECHO = "+17606604690"


class StagedTrunk:
    """The trunk, its phone, and the director's hand."""

    def __init__(self, seed: int = 1) -> None:
        self.network = SimulatedNetwork(seed)
        self.trunk = VirtualTrunk(self.network, seed, observe=True)
        self.control = self.trunk.control
        self.phone: Phone = self.trunk.phone()

    def direct(self, **directions: Any) -> None:
        """Tell the trunk what to do to the profile."""
        self.control.direct(PROFILE.sip_username, **directions)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.network.run_until(lambda: False, seconds)

    def call_in(self, **order: Any) -> str:
        """A call towards the phone, which registers first."""
        self.phone.register()
        return self.control.place_call(PROFILE.sip_username, **order)

    def observed(self, **wanted: Any) -> list[Packet]:
        """The packets of the trace."""
        return [each.packet for each in self.control.observed(**wanted)[0]]

    def close(self) -> None:
        """Close the database."""
        self.trunk.close()
