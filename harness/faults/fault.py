"""START HERE for faults: what one is, a rule broken on purpose, so that a check can be seen to catch it.

A fault changes the blueprint before the trunk or the PBX is built: other classes in the place of parts, or
packets on their way. The faults stand by topic in `reference_server/faults` and
`harness/pbx_simulator/faults`, whose `registry` lists them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from harness.faults.mutator import MutatorMaker

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

AnyBlueprint = TypeVar("AnyBlueprint", bound="DataclassInstance")
"""What a trunk or a PBX is made of."""


class UnknownFault(Exception):
    """No fault has this name."""


@dataclass(frozen=True, slots=True)
class Fault(Generic[AnyBlueprint]):
    """One rule broken; each side has a subclass that names it."""

    side: ClassVar[str]
    """Whose rule: `trunk` or `pbx`."""
    name: str
    """In kebab-case, as `--fault` takes it."""
    requirement: str
    """Id of the requirement that it is for, `topic.slug`, which no longer holds."""
    description: str
    """What is done instead."""
    change: Callable[[AnyBlueprint], AnyBlueprint]
    also: tuple[str, ...] = ()
    """Ids of other requirements that no longer hold either."""

    @property
    def requirements(self) -> tuple[str, ...]:
        """Ids of all requirements that no longer hold; the first is the one that it is for."""
        return (self.requirement, *self.also)

    def described(self) -> dict[str, Any]:
        """The fault for a program."""
        return {
            "name": self.name,
            "side": self.side,
            "requirement": self.requirement,
            "requirements": list(self.requirements),
            "description": self.description,
        }


def installed(
    faults: Iterable[Fault[AnyBlueprint]], name: str | None, blueprint: AnyBlueprint, *, listed_by: str
) -> AnyBlueprint:
    """The blueprint with a fault in it; without a name as it is.

    Raises `UnknownFault`, which names the command that lists the faults.
    """
    if name is None:
        return blueprint
    known = {fault.name: fault for fault in faults}
    if name in known:
        return known[name].change(blueprint)
    near = get_close_matches(name, known, n=1)
    meant = f"; did you mean {near[0]}?" if near else ";"
    raise UnknownFault(f"no fault is called {name!r}{meant} `{listed_by}` lists them")


def part(**parts: type) -> Callable[[AnyBlueprint], AnyBlueprint]:
    """Other classes in the place of parts."""
    changes: dict[str, Any] = dict(parts)
    return lambda blueprint: replace(blueprint, **changes)


def sip_out(maker: MutatorMaker) -> Callable[[AnyBlueprint], AnyBlueprint]:
    """Changes SIP packets that leave; of a PBX those to the trunk."""
    return _on_the_way(sip_out=maker)


def sip_in(maker: MutatorMaker) -> Callable[[AnyBlueprint], AnyBlueprint]:
    """Changes SIP packets that arrive; of a PBX those from the trunk."""
    return _on_the_way(sip_in=maker)


def media_out(maker: MutatorMaker) -> Callable[[AnyBlueprint], AnyBlueprint]:
    """Changes RTP packets that leave."""
    return _on_the_way(media_out=maker)


def _on_the_way(**makers: MutatorMaker) -> Callable[[AnyBlueprint], AnyBlueprint]:
    changes: dict[str, Any] = dict(makers)
    return lambda blueprint: replace(blueprint, **changes)
