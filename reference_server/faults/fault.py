"""What a fault is: one rule of the trunk broken on purpose, so that a scenario can be seen to catch it.

A fault changes the blueprint before the trunk is built: a value of the dialect, a part, or packets on their
way. The faults themselves stand by topic in the neighbours, their list in `registry`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from reference_server.parts import Blueprint, Mutator

Change = Callable[[Blueprint], Blueprint]


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule broken."""

    name: str
    """In kebab-case, as `--fault` takes it."""
    requirement: str
    """Id of the requirement that no longer holds, `topic.slug`."""
    description: str
    """What the trunk does instead."""
    change: Change
    side: str = "trunk"

    def described(self) -> dict[str, str]:
        """The fault for a program."""
        return {
            "name": self.name,
            "side": self.side,
            "requirement": self.requirement,
            "description": self.description,
        }


def value(changes: Mapping[str, Any]) -> Change:
    """Other values in the dialect, table by table."""
    return lambda blueprint: replace(blueprint, dialect=blueprint.dialect.changed(changes))


def part(**parts: type) -> Change:
    """Other classes in the place of parts."""
    changes: dict[str, Any] = dict(parts)
    return lambda blueprint: replace(blueprint, **changes)


def sip_out(maker: Callable[[], Mutator]) -> Change:
    """Changes SIP packets that leave."""
    return lambda blueprint: replace(blueprint, sip_out=maker)


def sip_in(maker: Callable[[], Mutator]) -> Change:
    """Changes SIP packets that arrive."""
    return lambda blueprint: replace(blueprint, sip_in=maker)


def media_out(maker: Callable[[], Mutator]) -> Change:
    """Changes RTP packets that leave."""
    return lambda blueprint: replace(blueprint, media_out=maker)
