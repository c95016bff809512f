"""Inbound calls: the PBX trusts the trunk, finds its number in the Request-URI and answers.

A PBX that challenges has either authentication turned on for the trunk or does not recognise it; both are
told as a challenge, and nothing is said of its routing then.
"""

from collections.abc import Iterator

from harness.checks.pbx.call import Call
from harness.checks.pbx.numbering import number_of
from harness.checks.pbx.patience import ANSWER
from harness.checks.pbx.registry import judges_pbx
from harness.checks.pbx.ruling import Sight
from harness.checks.pbx.trunk_leg import TrunkLeg

MISSING = "no inbound call"
NOT_ROUTED = frozenset({404, 410, 480, 484, 604})
"""Not Found, Gone, Temporarily Unavailable, Address Incomplete, Does Not Exist Anywhere."""


@judges_pbx("inbound.pbx-trusts", MISSING)
def trusts_the_trunk(leg: TrunkLeg) -> Iterator[Sight | None]:
    """An inbound INVITE is not answered 401 or 407."""
    for call in leg.inbound:
        answers = [each for attempt in call.attempts for each in attempt.responses if each.status > 100]
        challenge = next((each for each in answers if each.status in (401, 407)), None)
        if challenge is not None:
            seen = f"the PBX challenged the call: {challenge.message.start_line.partition(' ')[2]}"
            yield Sight(False, seen, challenge, "start")
        elif answers:
            yield Sight(True, f"the first answer was {answers[0].status}", answers[0], "start")


@judges_pbx("inbound.pbx-routes-by-ruri", "no inbound call to an Online Number that the PBX let in")
def routes_by_request_uri(leg: TrunkLeg) -> Iterator[Sight | None]:
    """A call to an Online Number is not refused for want of a destination."""
    for call in leg.inbound:
        number = number_of(call.attempts[-1].request)
        if not _is_online_number(number, leg) or call.challenged:
            continue
        refusal, answered = call.refusal, call.answer
        if refusal is not None and refusal.status in NOT_ROUTED:
            seen = f"the call to {number} was answered {refusal.message.start_line.partition(' ')[2]}"
            yield Sight(False, seen, refusal, "start")
        elif refusal is not None or answered is not None:
            decided = answered or refusal
            status = decided.status if decided is not None else 0
            yield Sight(True, f"the call to {number} was answered {status}", decided, "start")


def _is_online_number(number: str, leg: TrunkLeg) -> bool:
    if leg.setup.online_numbers:
        return number in leg.setup.online_numbers
    return number != leg.setup.sip_username and number.startswith("+")


@judges_pbx("inbound.pbx-answers", MISSING)
def answers_calls(leg: TrunkLeg) -> Iterator[Sight | None]:
    """Every inbound call is answered, unless the caller gives up."""
    for call in leg.inbound:
        yield _answered(leg, call)


def _answered(leg: TrunkLeg, call: Call) -> Sight | None:
    answer, refusal = call.answer, call.refusal
    if answer is not None:
        return Sight(True, f"the call was answered {answer.status}", answer, "start")
    if call.cancels:
        return Sight(True, "the caller gave up", call.cancels[0].first, "start")
    if refusal is not None:
        seen = f"the call was refused: {refusal.message.start_line.partition(' ')[2]}"
        return Sight(False, seen, refusal, "start")
    responses = [each for attempt in call.attempts for each in attempt.responses]
    if not responses and leg.end - call.invite.time > ANSWER:
        return Sight(False, "the PBX did not answer the INVITE at all", call.invite, "start")
    return None
