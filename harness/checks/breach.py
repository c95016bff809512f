"""What a check says when a rule is broken, and the ways a scenario can end without a verdict.

A breach is data: requirement, what was seen, the deciding message and its line. Turning it into a
finding with packet number and advice is the work of whoever runs the checks (`harness.pytest_plugin`).
"""

from dataclasses import dataclass

from harness.sip.message import Message


@dataclass(frozen=True, slots=True)
class Breach:
    """One requirement seen broken."""

    requirement: str
    """Id in the catalogue, ``topic.slug``."""
    seen: str
    """What the target did, as a clause: ``the answer was 200 OK``."""
    message: Message | None = None
    """The deciding message; None when the fault is that nothing came."""
    line: str | None = None
    """The header field that breaks the rule, or ``start`` for the start line."""


class RequirementBroken(AssertionError):
    """A scenario saw a requirement broken: the verdict is fail."""

    def __init__(self, breach: Breach) -> None:
        super().__init__(breach)
        self.breach = breach

    def __str__(self) -> str:
        return f"{self.breach.requirement}: {self.breach.seen}"


class Inconclusive(Exception):
    """Nobody can tell whether the requirement holds: what had to come first did not happen."""


class NotApplicable(Exception):
    """The target does not offer what the scenario needs (never: "could not")."""
