"""All faults of the simulated PBX, and how one gets into it. START HERE to add a fault."""

from harness.faults.fault import installed
from harness.pbx_simulator.blueprint import Blueprint
from harness.pbx_simulator.faults import (
    authentication,
    call,
    inbound,
    ip_mode,
    media,
    numbering,
    registration,
)
from harness.pbx_simulator.faults.fault import Fault

FAULTS: tuple[Fault, ...] = (
    *registration.FAULTS,
    *authentication.FAULTS,
    *numbering.FAULTS,
    *call.FAULTS,
    *inbound.FAULTS,
    *media.FAULTS,
    *ip_mode.FAULTS,
)


def install(name: str | None, blueprint: Blueprint) -> Blueprint:
    """The blueprint with a fault in it; without a name as it is. Raises `UnknownFault`."""
    return installed(FAULTS, name, blueprint, listed_by="harness faults --side pbx")
