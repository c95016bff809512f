"""A form as a page shows it: what was typed last, and what is wrong with which field.

Reading what was sent is `visit`'s work, deciding what is wrong that of the Manager's services.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from reference_server.ledger.money import MoneyError, parse_money
from reference_server.manager.problem import Problem, wrong_value

FIRST_YEAR, LAST_YEAR = 2000, 2200
"""Of days that make sense here."""


@dataclass(frozen=True, slots=True)
class Form:
    """One form of a page."""

    name: str
    """Tells the forms of a page apart; sent along as `form`."""
    fields: tuple[str, ...] = ()
    """Those that can show an error of their own."""
    values: Mapping[str, str] = field(default_factory=dict)
    """As typed; empty before anything was sent."""
    problem: Problem | None = None

    def value(self, name: str, otherwise: object = None) -> str:
        """What stands in a field: as typed, else `otherwise`."""
        if name in self.values:
            return self.values[name]
        return "" if otherwise is None else str(otherwise)

    def error(self, name: str) -> str:
        """What is wrong with a field, in a sentence; empty when nothing is."""
        if self.problem is None or self.problem.field != name or name not in self.fields:
            return ""
        return self.problem.detail

    @property
    def shows_problem(self) -> bool:
        """Whether the problem stands beside one of the fields."""
        return self.problem is not None and self.problem.field in self.fields


def whole_number(text: str, field: str, what: str) -> int:
    """A number of things that was typed. Raises `Problem` 422."""
    typed = text.strip()
    if not typed.isascii() or not typed.isdigit() or len(typed) > 6:
        raise wrong_value(field, f"seen {typed[:40]!r}; write how many {what}, as 4")
    return int(typed)


def amount(text: str, field: str) -> int:
    """An amount of money that was typed, in micro-units. Raises `Problem` 422."""
    try:
        return parse_money(text.strip())
    except MoneyError as error:
        raise wrong_value(field, str(error)) from None


def port_number(text: str) -> int:
    """A UDP port that was typed. Raises `Problem` 422."""
    typed = text.strip()
    if not typed.isascii() or not typed.isdigit() or not 1 <= int(typed[:6]) <= 65535:
        raise wrong_value("port", f"seen {typed[:40]!r}; write a port, 1 to 65535, as 5060")
    return int(typed)


def day_asked(text: str, field: str) -> dt.date | None:
    """A day in a URL or form; None for an empty one. Raises `Problem` 422."""
    if not text:
        return None
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise wrong_value(field, f"seen {text[:40]!r}; write a day as 2026-11-23")
    return day
