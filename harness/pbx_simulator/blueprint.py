"""What a simulated PBX is made of: the class of each part, and what may happen to its packets on the way.

A fault is a changed blueprint (`faults`). The PBX that obeys all rules is `Blueprint()`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from harness.faults.mutator import MutatorMaker
from harness.pbx_simulator.bridge import Bridge
from harness.pbx_simulator.number_plan import NumberPlan
from harness.pbx_simulator.relay import Relay
from harness.pbx_simulator.settings import PbxFile
from harness.pbx_simulator.switchboard import Switchboard
from harness.pbx_simulator.trunk_line import TrunkLine
from harness.sip.credential_store import CredentialStore


def as_given(settings: PbxFile) -> PbxFile:
    """The settings of a PBX that is configured right."""
    return settings


@dataclass(frozen=True, slots=True)
class Blueprint:
    """Which part of a PBX is played by which class."""

    settings: Callable[[PbxFile], PbxFile] = as_given
    """What the PBX makes of its settings."""
    number_plan: type[NumberPlan] = NumberPlan
    switchboard: type[Switchboard] = Switchboard
    bridge: type[Bridge] = Bridge
    relay: type[Relay] = Relay
    trunk_line: type[TrunkLine] = TrunkLine
    credentials: type[CredentialStore] = CredentialStore
    """What answers the trunk's challenges."""
    sip_out: MutatorMaker | None = None
    """Makes the mutator of SIP packets to the trunk; the PBX that obeys has none."""
    sip_in: MutatorMaker | None = None
    """The same for those that come from there."""
