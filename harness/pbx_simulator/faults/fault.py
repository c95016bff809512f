"""A fault of the simulated PBX; what it shares with those of the trunk is `harness.faults`.

The faults themselves stand by topic in the neighbours, their list in `registry`.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

from harness.faults import fault
from harness.pbx_simulator.blueprint import Blueprint
from harness.pbx_simulator.settings import PbxFile

Change = Callable[[Blueprint], Blueprint]


class Fault(fault.Fault[Blueprint]):
    """One rule of the PBX broken."""

    __slots__ = ()
    side: ClassVar = "pbx"


def configured(**values: Any) -> Change:
    """Other values in `[pbx]`."""

    def change(settings: PbxFile) -> PbxFile:
        return settings.model_copy(update={"pbx": settings.pbx.model_copy(update=values)})

    return lambda blueprint: replace(blueprint, settings=change)
