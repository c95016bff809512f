"""What a fault is: one rule of the PBX broken on purpose, so that a check can be seen to catch it.

A fault changes the blueprint before the PBX is built. The faults themselves stand by topic in the
neighbours, their list in `registry`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from harness.pbx_simulator.blueprint import Blueprint, Mutator
from harness.pbx_simulator.settings import PbxFile

Change = Callable[[Blueprint], Blueprint]


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule broken."""

    name: str
    """In kebab-case, as `--fault` takes it."""
    requirements: tuple[str, ...]
    """Ids of the requirements that no longer hold, `topic.slug`; the first is the one that it is for."""
    description: str
    """What the PBX does instead."""
    change: Change
    side: str = "pbx"

    def described(self) -> dict[str, Any]:
        """The fault for a program."""
        return {
            "name": self.name,
            "side": self.side,
            "requirement": self.requirements[0],
            "requirements": list(self.requirements),
            "description": self.description,
        }


def part(**parts: Any) -> Change:
    """Other classes in the place of parts."""
    return lambda blueprint: replace(blueprint, **parts)


def configured(**values: Any) -> Change:
    """Other values in `[pbx]`."""

    def change(settings: PbxFile) -> PbxFile:
        return settings.model_copy(update={"pbx": settings.pbx.model_copy(update=values)})

    return lambda blueprint: replace(blueprint, settings=change)


def sip_out(maker: Callable[[], Mutator]) -> Change:
    """Changes SIP packets to the trunk."""
    return lambda blueprint: replace(blueprint, sip_out=maker)


def sip_in(maker: Callable[[], Mutator]) -> Change:
    """Changes SIP packets from the trunk."""
    return lambda blueprint: replace(blueprint, sip_in=maker)
