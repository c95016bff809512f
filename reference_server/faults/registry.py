"""All faults of the trunk, and how one gets into it. START HERE to add a fault."""

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
    *liveness.FAULTS,
    *transport.FAULTS,
    *saturation.FAULTS,
    *charging.FAULTS,
)


class UnknownFault(Exception):
    """No fault has this name."""


def install(name: str | None, blueprint: Blueprint) -> Blueprint:
    """The blueprint with a fault in it; without a name as it is. Raises `UnknownFault`."""
    if name is None:
        return blueprint
    for fault in FAULTS:
        if fault.name == name:
            return fault.change(blueprint)
    raise UnknownFault(f"no fault is called {name!r}; `harness faults` lists them")
