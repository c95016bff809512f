"""Every check by the requirement it judges.

A check is a pure function: messages in, a `Breach` or None out. The checks themselves live one topic a
file beside this one; `@judges` puts them here, so that a scenario and a capture are judged by the same
code.
"""

from collections.abc import Callable
from typing import ParamSpec

from harness.checks.breach import Breach

_Parameters = ParamSpec("_Parameters")

_CHECKS: dict[str, list[str]] = {}


def judges(
    requirement: str,
) -> Callable[[Callable[_Parameters, Breach | None]], Callable[_Parameters, Breach | None]]:
    """Registers the decorated check under a requirement id."""

    def register(check: Callable[_Parameters, Breach | None]) -> Callable[_Parameters, Breach | None]:
        _CHECKS.setdefault(requirement, []).append(f"{check.__module__}.{check.__qualname__}")
        return check

    return register


def registered_checks() -> dict[str, list[str]]:
    """Requirement id -> dotted names of the checks that judge it."""
    return {requirement: list(names) for requirement, names in sorted(_CHECKS.items())}
