"""A fault of the trunk; what it shares with those of the simulated PBX is `harness.faults`.

Besides parts and packets a fault of the trunk may change a value of the dialect. The faults themselves stand
by topic in the neighbours, their list in `registry`.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from harness.faults import fault
from reference_server.parts import Blueprint


class Fault(fault.Fault[Blueprint]):
    """One rule of the trunk broken."""

    __slots__ = ()
    side: ClassVar = "trunk"


def value(changes: Mapping[str, Any]) -> Callable[[Blueprint], Blueprint]:
    """Other values in the dialect, table by table."""
    return lambda blueprint: replace(blueprint, dialect=blueprint.dialect.changed(changes))
