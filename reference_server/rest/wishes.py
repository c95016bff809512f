"""What request bodies may say: money as text, and the models that several routes share.

Models that one route alone takes stand beside it. Unknown keys are refused.
"""

import datetime as dt
import re
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from reference_server.ledger.money import MoneyError, parse_money

_SMALL = "|".join(f"{'0' * zeros}[1-9][0-9]{{0,{5 - zeros}}}" for zeros in range(6))
POSITIVE = re.compile(rf"([1-9][0-9]{{0,8}}(\.[0-9]{{1,6}})?|0\.({_SMALL}))")
"""More than nothing, less than a thousand millions, at most six decimals."""
NOTHING_OR_MORE = re.compile(r"(0|[1-9][0-9]{0,8})(\.[0-9]{1,6})?")


def _read(value: Any, pattern: re.Pattern[str], least: str) -> int:
    """Micro-units of an amount that JSON writes as text."""
    text = value if isinstance(value, str) else ""
    try:
        amount = parse_money(text)
    except MoneyError as error:
        raise ValueError(f'seen {value!r:.60}; write it as text, as "25.00": {error.instead}') from None
    if pattern.fullmatch(text) is None:
        raise ValueError(f'seen {value!r:.60}; write {least} up to 999999999.999999, as "25.00"')
    return amount


def _schema(pattern: re.Pattern[str]) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^({pattern.pattern})$", "examples": ["25.00"]})


PositiveMoney = Annotated[
    int, BeforeValidator(lambda value: _read(value, POSITIVE, "more than 0")), _schema(POSITIVE)
]
MoneyOrNothing = Annotated[
    int, BeforeValidator(lambda value: _read(value, NOTHING_OR_MORE, "0 or more")), _schema(NOTHING_OR_MORE)
]


class Wish(BaseModel):
    """A request body."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)


class AmountWish(Wish):
    """So much money."""

    amount: PositiveMoney


def _flag(value: Any) -> Any:
    if value in (True, False, "true", "false"):
        return value in (True, "true")
    raise ValueError(f"seen {value!r:.60}; write true or false")


def _day(value: Any) -> Any:
    if isinstance(value, str) and DAY.fullmatch(value) is None:
        raise ValueError(f'seen {value!r:.60}; write a day as "2024-11-30"')
    return value


PLAIN = r"^[^\x00-\x1f\x7f]*$"
"""Text of one line: no control characters, which no database or log wants."""

Flag = Annotated[bool, BeforeValidator(_flag)]
"""Of a query: `true` or `false` and no other words."""
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
QueryDay = Annotated[dt.date, BeforeValidator(_day), Query(examples=["2024-11-01"])]

SipUsername = Annotated[str, Field(pattern=r"^[0-9A-Za-z._-]{1,64}$", examples=["99051000000231"])]
