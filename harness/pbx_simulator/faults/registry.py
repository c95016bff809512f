"""All faults of the simulated PBX, and how one gets into it. START HERE to add a fault."""

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


class UnknownFault(Exception):
    """No fault has this name."""


def install(name: str | None, blueprint: Blueprint) -> Blueprint:
    """The blueprint with a fault in it; without a name as it is. Raises `UnknownFault`."""
    if name is None:
        return blueprint
    for fault in FAULTS:
        if fault.name == name:
            return fault.change(blueprint)
    raise UnknownFault(f"no fault is called {name!r}; `python -m harness.pbx_simulator faults` lists them")
