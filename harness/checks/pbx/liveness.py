"""Liveness: a PBX that is there answers the trunk's OPTIONS, with whatever status.

404 is a sign of life: Asterisk answers so when the user of its own Contact is not in the dial plan.
"""

from collections.abc import Iterator

from harness.checks.pbx.patience import ANSWER
from harness.checks.pbx.registry import judges_pbx
from harness.checks.pbx.ruling import Sight
from harness.checks.pbx.trunk_leg import TrunkLeg


@judges_pbx("liveness.pbx-answers-options", "the trunk sent no OPTIONS")
def answers_options(leg: TrunkLeg) -> Iterator[Sight | None]:
    """OPTIONS of the trunk is answered."""
    for exchange in leg.exchanges:
        if exchange.request.method != "OPTIONS" or exchange.first.from_pbx:
            continue
        if exchange.responses:
            answer = exchange.responses[-1]
            yield Sight(True, f"OPTIONS was answered {answer.status}", answer, "start")
        elif leg.end - exchange.time > ANSWER:
            yield Sight(False, "OPTIONS was not answered", exchange.first, "start")
