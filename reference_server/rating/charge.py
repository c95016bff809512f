"""What a call that is over costs: bundle seconds first, the rest at the standard rate.

A pure function of rate and seconds. What was reserved meanwhile is `meter`'s knowledge; the movement that
books a charge is made where call records are written (`store`).
"""

from typing import NamedTuple

from reference_server.rating.tariff import Rate

IN_BUNDLE = "US minute bundle"
"""The rate shown of a call that a bundle paid for."""


class Charge(NamedTuple):
    """What one call used up."""

    cost: int
    """Micro-units of credit."""
    bundle_seconds: int
    """Seconds of US minute bundles."""
    rate_text: str
    """The rate as people read it; empty for a call that was never answered."""


NOTHING = Charge(0, 0, "")
"""A call that was never answered."""
FREE = Charge(0, 0, "free number")
"""A call to a number that costs nobody anything (the echo test number)."""


def talk_seconds(answered: float, ended: float) -> int:
    """Started seconds of talk between two moments; parts of a millisecond do not count, clocks have them."""
    return -(-int((ended - answered) * 1000 + 0.5) // 1000)


def settle(rate: Rate, seconds: int, bundle_seconds: int) -> Charge:
    """What an answered call of `seconds` costs when bundles have `bundle_seconds` for it.

    A call uses at least one second. What the bundles do not hold is charged at the standard rate
    ("overflow at standard rates", as Skype's public pages said), set-up included.
    """
    used = seconds if seconds > 1 else 1
    if used <= bundle_seconds:
        return Charge(0, used, IN_BUNDLE)
    if bundle_seconds:
        return Charge(rate.cost(used - bundle_seconds), bundle_seconds, f"{IN_BUNDLE}, then {rate.text}")
    return Charge(rate.cost(used), 0, rate.text)
