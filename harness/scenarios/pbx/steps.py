"""Steps that many scenarios begin with: a call out through the PBX, a call in, each up to an answer.

What goes wrong on the way makes the scenario inconclusive; judging is done with `harness.checks.expect` and
`TrunkSide.judge`.
"""

from typing import Any

from harness.checks.breach import Inconclusive
from harness.checks.expect import given
from harness.checks.pbx.call import Call
from harness.checks.pbx.patience import REACTION
from harness.drivers.errors import WaitTimeout
from harness.pytest_plugin.inside_phone import InsideCall, InsideLine
from harness.pytest_plugin.trunk_side import TrunkSide
from harness.settings.pbx import PbxFile
from harness.sip.message import Request

ECHO = "+17606604690"
RINGS = "+442079460200"
PLAIN = "+442079460599"
SETTLE = REACTION + 0.5
"""Seconds after which what did not follow will not come: a check may say so then."""
SOON = 4.0
"""Seconds for what a PBX does at once."""


def dial(
    trunk: TrunkSide, inside: InsideLine, pbx: PbxFile, number: str = ECHO, **options: Any
) -> InsideCall:
    """Dials a number outside and waits until the PBX calls the trunk. Inconclusive when it does not."""
    call = inside.dial(pbx.dial.e164(number), **options)
    if not trunk.wait(lambda leg: leg.outbound, pbx.timeouts.setup):
        raise Inconclusive(
            f"no call reached the trunk within {pbx.timeouts.setup:g} s after {number} was dialled"
        )
    return call


def answered(
    trunk: TrunkSide, inside: InsideLine, pbx: PbxFile, number: str = ECHO, **options: Any
) -> InsideCall:
    """A call out that is answered. Inconclusive when it does not come about."""
    call = dial(trunk, inside, pbx, number, **options)
    if not trunk.wait(lambda leg: leg.outbound[-1].answer and acknowledged(leg.outbound[-1]), SOON):
        statuses = [each.status for each in trunk.leg().outbound[-1].attempts]
        raise Inconclusive(f"the call to {number} was not answered; the trunk's answers were {statuses}")
    return call


def acknowledged(call: Call) -> bool:
    """Whether the answer of a call has its ACK."""
    return any(each.acks for each in call.attempts if 200 <= each.status < 300)


def call_of(trunk: TrunkSide) -> Call:
    """The newest call that the PBX has made in this scenario."""
    return trunk.leg().outbound[-1]


def request_of(trunk: TrunkSide) -> Request:
    """Its last INVITE: with credentials, when there was a challenge."""
    return call_of(trunk).attempts[-1].request


def is_ended(call: Call) -> bool:
    """Whether a call is over for good: refused, or its BYE answered."""
    if call.answer is not None:
        return any(200 <= bye.status < 300 for bye in call.byes)
    return call.refusal is not None


def number_for(pbx: PbxFile, place: int = 0) -> str | None:
    """An Online Number that rings the phone at this place in pbx.toml.

    None, so that the Request-URI names the SIP username, for a device that knows no other.
    """
    if pbx.supports.lacks("routes_by_number"):
        return None
    numbers = pbx.trunk.online_numbers
    routed = [each for each in pbx.phones[place].rings_for if each in numbers]
    return routed[0] if routed else numbers[min(place, len(numbers) - 1)]


def ringing(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile, **order: Any) -> tuple[str, InsideCall]:
    """A call in that rings the phone. Inconclusive when it does not."""
    placed = trunk.place_call(order.pop("number", number_for(pbx)), **order)
    with given("an inbound call that rings"):
        try:
            return placed, inside.wait_incoming(pbx.timeouts.setup)
        except WaitTimeout as timeout:
            shown = trunk.control.call(placed)
            raise Inconclusive(
                f"extension {inside.extension} did not ring within {timeout.timeout:g} s; the call "
                f"is {shown['state']} {shown['status'] or ''} {shown['cause']}".rstrip()
            ) from None


def taken(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile, **order: Any) -> tuple[str, InsideCall]:
    """A call in that the phone answers. Inconclusive when it does not come about."""
    placed, call = ringing(trunk, inside, pbx, **order)
    call.answer()
    if not trunk.wait_call(placed, lambda shown: shown["state"] == "answered", SOON):
        shown = trunk.control.call(placed)
        raise Inconclusive(f"the inbound call was not answered: {shown['state']} {shown['cause']}")
    return placed, call
