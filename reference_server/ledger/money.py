"""Amounts of money: whole micro-units in the program, decimal text for people.

No amount is ever a float. The currency's name is the price list's (`rating.prices`).
"""

import re

UNIT = 1_000_000
"""Micro-units of one unit of the currency."""
MOST = 9_000_000_000 * UNIT
"""The largest amount that can be written: sums of it still fit a database's 64-bit integer."""

_AMOUNT = re.compile(r"([+-]?)([0-9]{1,16})(?:\.([0-9]{1,6}))?", re.ASCII)


class MoneyError(ValueError):
    """Text that is not an amount: what was seen, and what to write instead."""

    def __init__(self, seen: str, instead: str) -> None:
        super().__init__(seen, instead)
        self.seen = seen
        self.instead = instead

    def __str__(self) -> str:
        return f"{self.seen!r} is not an amount: {self.instead}"


def parse_money(text: str) -> int:
    """The micro-units that `text` says, as "25", "25.00" or "0.017". Raises `MoneyError`."""
    stripped = text.strip()
    found = _AMOUNT.fullmatch(stripped)
    if found is None:
        raise MoneyError(text[:40], _advice(stripped))
    sign, whole, fraction = found.groups()
    amount = int(whole) * UNIT + int((fraction or "").ljust(6, "0"))
    if amount > MOST:
        raise MoneyError(text, f"write at most {money_text(MOST)}")
    return -amount if sign == "-" else amount


def money_text(amount: int) -> str:
    """`amount` micro-units as decimal text: two decimals, up to six where they say something."""
    whole, fraction = divmod(abs(amount), UNIT)
    decimals = f"{fraction:06}".rstrip("0").ljust(2, "0")
    return f"{'-' if amount < 0 else ''}{whole}.{decimals}"


def _advice(text: str) -> str:
    if "," in text:
        return 'write a point before the decimals and nothing between thousands, as "1250.00"'
    if re.fullmatch(r"[+-]?[0-9]+\.[0-9]{7,}", text):
        return "write at most six decimals"
    return 'write digits, and a point before the decimals, as "25.00"'
