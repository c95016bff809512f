"""What a check says: seen to hold, seen broken, or not observed, and by which packet.

Data alone. The checks beside this file make rulings; turning them into findings with words and advice is the
work of whoever shows them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from harness.checks.breach import Breach
from harness.checks.pbx.leg_message import LegMessage


class Observed(StrEnum):
    """A check's verdict. What was not observed did not pass."""

    PASS = "pass"
    """Seen to hold."""
    FAIL = "fail"
    """Seen broken."""
    NOT_OBSERVED = "not observed"
    """The trace does not show it."""


@dataclass(frozen=True, slots=True)
class Sight:
    """One event that bears on a requirement."""

    holds: bool
    """Whether the requirement holds by it."""
    seen: str
    """What the PBX did, as a clause."""
    message: LegMessage | None = None
    """The deciding message; None when there is none to show."""
    line: str | None = None
    """The header field that decides, ``start`` for the start line, or the beginning of an SDP line."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """One requirement, judged over one trace."""

    requirement: str
    """Id in the catalogue, ``topic.slug``."""
    sights: tuple[Sight, ...]
    """Everything that bears on it, in the order it was seen."""
    missing: str = ""
    """What the trace would have to show when there is no sight."""

    @property
    def verdict(self) -> Observed:
        """Broken once is broken; nothing seen is not observed."""
        if not self.sights:
            return Observed.NOT_OBSERVED
        return Observed.PASS if all(sight.holds for sight in self.sights) else Observed.FAIL

    @property
    def deciding(self) -> Sight | None:
        """The first sight that breaks the rule, else the last that keeps it."""
        broken = next((sight for sight in self.sights if not sight.holds), None)
        return broken or (self.sights[-1] if self.sights else None)

    @property
    def seen(self) -> str:
        """What was seen in one clause, with how often it was broken."""
        if self.deciding is None:
            return self.missing
        broken = sum(not sight.holds for sight in self.sights)
        times = f" ({broken} of {len(self.sights)} times)" if broken and len(self.sights) > 1 else ""
        return self.deciding.seen + times

    @property
    def breach(self) -> Breach | None:
        """The breach for a scenario that expects the rule; None unless it was seen broken."""
        sight = self.deciding
        if sight is None or self.verdict is not Observed.FAIL:
            return None
        message = sight.message.message if sight.message is not None else None
        return Breach(self.requirement, self.seen, message, sight.line)


def rule(requirement: str, sights: Iterable[Sight | None], missing: str) -> Ruling:
    """The ruling by all sights; a None among them decides nothing."""
    return Ruling(requirement, tuple(sight for sight in sights if sight is not None), missing)
