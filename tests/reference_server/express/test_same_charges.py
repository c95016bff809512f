"""A call costs the same in the lane and in the general way, and ends at the same moment without credit."""

import pytest

from reference_server.ledger.movement import SECONDS
from tests.reference_server.express.twin import Shape, Side, Teller, established, same
from tests.reference_server.trunk_play import PASSWORD, USERNAME

CREDITS = ("0.05", "0.056", "0.0561", "0.08", "25.00")
"""Too little; a minute, just and well; two minutes; much."""
NUMBERS = ("+442079460000", "+14155552671", "+17606604690")
"""Paid, in a bundle, free."""
BUNDLED = 70
"""Seconds of bundles that the ledger does not know of."""
QUIET = {"session_timer": {"expires": 1800}, "media": {"rtp_timeout": 0}}


def sides(credit: str, seconds: int) -> tuple[Side, Side]:
    """Both trunks, with so much to spend and nothing else that ends a call."""
    both = tuple(Side(express=express, dialect=QUIET, credit=credit) for express in (True, False))
    for side in both:
        side.trunk.credit.give(USERNAME, SECONDS, seconds)
    return both[0], both[1]


def spendable(side: Side) -> tuple[int, int]:
    return side.trunk.credit.available(USERNAME), side.trunk.credit.bundle_seconds(USERNAME)


@pytest.mark.parametrize("seconds", [0.2, 59.0, 75.0, 400.0])
@pytest.mark.parametrize("credit", CREDITS)
@pytest.mark.parametrize("number", NUMBERS)
def test_both_ways_charge_the_same_and_end_at_the_same_moment(
    number: str, credit: str, seconds: float
) -> None:
    both = sides(credit, BUNDLED)
    for side in both:
        teller = established(side, Shape(number=number))
        side.wait(seconds)
        teller.say("BYE")
        side.wait(40.0)
    lane, general = both
    assert same(lane.sent) == same(general.sent)
    assert lane.books() == general.books()
    money, bundled = lane.store.spendable(USERNAME)
    assert spendable(lane) == spendable(general) == (money, BUNDLED + bundled)


def test_a_refusal_for_want_of_credit_is_the_same() -> None:
    both = sides("0.05", 0)
    for side in both:
        teller = Teller(side)
        teller.say("INVITE")
        teller.say("ACK", new=False)
        teller.to_tag = ""
        assert teller.say("INVITE", password=PASSWORD)[-1].startswith(b"SIP/2.0 402")
    lane, general = both
    assert same(lane.sent) == same(general.sent)
    assert lane.books() == general.books()
    assert spendable(lane) == (50_000, 0)
