"""Redialling: a PBX whose call is refused does not try again and again by itself.

A person who redials is slower than this; a call list that fails over to another line does it once or twice.
"""

from collections.abc import Iterator

from harness.checks.pbx.call import Call
from harness.checks.pbx.leg_message import LegMessage
from harness.checks.pbx.numbering import dialled
from harness.checks.pbx.registry import judges_pbx
from harness.checks.pbx.ruling import Sight
from harness.checks.pbx.trunk_leg import TrunkLeg

STORM = 5
"""Refused calls to one number that are too many ..."""
STORM_WINDOW = 10.0
"""... within so many seconds."""


@judges_pbx("call.pbx-no-redial-storm", "the trunk refused no call")
def redials_with_patience(leg: TrunkLeg) -> Iterator[Sight | None]:
    """A refused call is not repeated without pause."""
    refused: dict[str, list[LegMessage]] = {}
    for call in leg.outbound:
        refused.setdefault(dialled(call), []).extend(_refused_invites(call))
    for number, invites in refused.items():
        for earlier, invite in zip(invites, invites[STORM - 1 :], strict=False):
            passed = invite.time - earlier.time
            if passed <= STORM_WINDOW:
                seen = f"{number} was dialled {STORM} times within {passed:.1f} s though the trunk refused"
                yield Sight(False, seen, invite, "start")
                return
        if invites:
            times = "once" if len(invites) == 1 else f"{len(invites)} times"
            yield Sight(True, f"{number} was refused {times}", invites[-1], "start")


def _refused_invites(call: Call) -> list[LegMessage]:
    """Its INVITEs that were refused for good: a challenge or a 422 asks for another one, a CANCEL ends it."""
    return [
        attempt.first
        for attempt in call.attempts
        if attempt.status >= 400 and attempt.status not in (401, 407, 422, 487, 491)
    ]
