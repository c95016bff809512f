"""All checks of a PBX over one trace: the list of check modules, and the one call that runs them.

Used by `harness check` over captures and by certification runs over what passed between trunk and PBX.
"""

from collections.abc import Collection

from harness.capture.trace import Trace
from harness.checks.pbx import (
    authentication,
    dialog_target,
    from_header,
    inbound,
    liveness,
    media,
    numbering,
    redial,
    registration,
    release,
)
from harness.checks.pbx.registry import registered_pbx_checks
from harness.checks.pbx.ruling import Ruling
from harness.checks.pbx.setup import Setup
from harness.checks.pbx.trunk_leg import TrunkLeg

TOPICS = (
    registration,
    authentication,
    from_header,
    numbering,
    inbound,
    release,
    dialog_target,
    redial,
    media,
    liveness,
)
"""The modules with checks; importing them registers their checks."""


def judge_pbx(trace: Trace, setup: Setup, only: Collection[str] | None = None) -> list[Ruling]:
    """A ruling by every check, or by those of the requirement ids in `only`."""
    return judge_leg(TrunkLeg(trace, setup), only)


def judge_leg(leg: TrunkLeg, only: Collection[str] | None = None) -> list[Ruling]:
    """The same over a trace that has been taken apart."""
    checks = registered_pbx_checks()
    return [check(leg) for requirement, check in checks.items() if only is None or requirement in only]
