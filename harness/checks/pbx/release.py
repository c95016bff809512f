"""The end of a call: answered and refused calls are acknowledged, BYE and CANCEL answered.

Only what the PBX has to do is judged: an ACK or an answer that the trunk owes is no fault of the PBX. A BYE
behind the CANCEL of an unanswered call (Yate) and a BYE that crosses the other side's are none either.
"""

from collections.abc import Iterator

from harness.checks.pbx.call import Call
from harness.checks.pbx.leg_message import Exchange, LegMessage
from harness.checks.pbx.patience import ANSWER, REACTION
from harness.checks.pbx.registry import judges_pbx
from harness.checks.pbx.ruling import Sight
from harness.checks.pbx.trunk_leg import TrunkLeg


@judges_pbx("call.pbx-releases", "no call that ends")
def releases_calls(leg: TrunkLeg) -> Iterator[Sight | None]:
    """ACK, CANCEL and BYE are where they belong, so that no call stays open."""
    for call in leg.calls:
        faults = [_ack_missing(leg, call), _cancel_ignored(leg, call), _bye_ignored(leg, call)]
        fault = next((each for each in faults if each is not None), None)
        yield fault or _ended(call)


def _ack_missing(leg: TrunkLeg, call: Call) -> Sight | None:
    """A final response to an INVITE of the PBX that it did not acknowledge."""
    invites = [each for each in (*call.attempts, *call.reinvites) if each.first.from_pbx]
    for exchange in invites:
        final = exchange.final
        if final is None or exchange.acks:
            continue
        if leg.end - final.time > REACTION or _repeated(exchange):
            return Sight(False, f"no ACK followed the {final.status} to INVITE", final, "start")
    return None


def _repeated(exchange: Exchange) -> bool:
    """Whether the final response came once more, as it does until the ACK arrives."""
    final = exchange.final
    return final is not None and sum(each.status == final.status for each in exchange.responses) > 1


def _cancel_ignored(leg: TrunkLeg, call: Call) -> Sight | None:
    """A CANCEL of the trunk that the PBX did not answer, or after which the INVITE stayed open."""
    for cancel in call.cancels:
        if cancel.first.from_pbx or leg.end - cancel.time <= REACTION:
            continue
        if cancel.final is None:
            return Sight(False, "the trunk's CANCEL was not answered", cancel.first, "start")
        if call.answer is None and call.refusal is None:
            return Sight(False, "the INVITE stayed open after the trunk's CANCEL", cancel.first, "start")
    return None


def _bye_ignored(leg: TrunkLeg, call: Call) -> Sight | None:
    """A BYE that the PBX left unanswered, or one of its own that it left challenged."""
    if call.answer is None or any(200 <= bye.status < 300 for bye in call.byes):
        return None
    for bye in call.byes:
        if not bye.first.from_pbx and bye.final is None and leg.end - bye.time > ANSWER:
            return Sight(False, "the trunk's BYE was not answered", bye.first, "start")
        if not bye.first.from_pbx and bye.status >= 300:
            return Sight(False, f"the trunk's BYE was answered {bye.status}", bye.final, "start")
        if bye.first.from_pbx and bye.status in (401, 407, 481) and _left(leg, bye.final):
            return Sight(False, f"BYE was answered {bye.status} and the call left open", bye.first, "start")
    return None


def _left(leg: TrunkLeg, final: LegMessage | None) -> bool:
    return final is not None and leg.end - final.time > REACTION


def _ended(call: Call) -> Sight | None:
    """How a call came to its end without a fault; None while it goes on."""
    if call.answer is not None:
        bye = next((each for each in call.byes if 200 <= each.status < 300), None)
        by = "the PBX" if bye is not None and bye.first.from_pbx else "the trunk"
        return Sight(True, f"the call was ended by {by}", bye.first, "start") if bye is not None else None
    refusal = call.refusal
    if refusal is None or (call.outbound and not call.attempts[-1].acks):
        return None
    return Sight(True, f"the call ended with {refusal.status}", refusal, "start")
