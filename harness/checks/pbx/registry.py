"""Every check of a PBX by the requirement it judges, and the way to run one or all of them.

A check is a pure function `TrunkLeg` -> `Ruling`; the checks live one topic a file beside this one, and
`judgement` imports them all.
"""

from collections.abc import Callable, Iterable

from harness.checks.pbx.ruling import Ruling, Sight, rule
from harness.checks.pbx.trunk_leg import TrunkLeg

Check = Callable[[TrunkLeg], Ruling]
Look = Callable[[TrunkLeg], Iterable[Sight | None]]

_CHECKS: dict[str, Check] = {}


def judges_pbx(requirement: str, missing: str | Callable[[TrunkLeg], str]) -> Callable[[Look], Check]:
    """Makes a check of a function that gives sights, and registers it under a requirement id.

    `missing` says what the trace would have to show when the function sees nothing.
    """

    def register(look: Look) -> Check:
        def check(leg: TrunkLeg) -> Ruling:
            return rule(requirement, look(leg), missing if isinstance(missing, str) else missing(leg))

        check.__doc__, check.__name__ = look.__doc__, look.__name__
        if requirement in _CHECKS:
            raise ValueError(f"{requirement} has a check already")
        _CHECKS[requirement] = check
        return check

    return register


def registered_pbx_checks() -> dict[str, Check]:
    """Requirement id -> check, in the order they were registered."""
    return dict(_CHECKS)
