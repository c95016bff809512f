"""All faults of the trunk, and how one gets into it. START HERE to add a fault."""

from harness.faults.fault import installed
from reference_server.faults import (
    authentication,
    call,
    capability,
    charging,
    community,
    inbound,
    liveness,
    media,
    numbering,
    registration,
    renegotiation,
    saturation,
    transport,
)
from reference_server.faults.fault import Fault
from reference_server.parts import Blueprint

FAULTS: tuple[Fault, ...] = (
    *registration.FAULTS,
    *authentication.FAULTS,
    *numbering.FAULTS,
    *call.FAULTS,
    *inbound.FAULTS,
    *media.FAULTS,
    *capability.FAULTS,
    *community.FAULTS,
    *renegotiation.FAULTS,
    *liveness.FAULTS,
    *transport.FAULTS,
    *saturation.FAULTS,
    *charging.FAULTS,
)


def install(name: str | None, blueprint: Blueprint) -> Blueprint:
    """The blueprint with a fault in it; without a name as it is. Raises `UnknownFault`."""
    return installed(FAULTS, name, blueprint, listed_by="harness faults")
