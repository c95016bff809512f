"""An amount of money in the Manager's models: whole micro-units inside, decimal text in JSON ("25.00").

Arithmetic is plain `int`; reading and writing the text is `ledger.money`'s.
"""

from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from reference_server.ledger.money import MoneyError, money_text, parse_money

AMOUNT_SCHEMA = {"type": "string", "pattern": r"^-?[0-9]{1,16}(\.[0-9]{1,6})?$", "examples": ["25.00"]}


def _read(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return parse_money(value)
    except MoneyError as error:
        raise ValueError(str(error)) from None


Amount = Annotated[
    int,
    BeforeValidator(_read),
    PlainSerializer(money_text, return_type=str, when_used="json"),
    WithJsonSchema(AMOUNT_SCHEMA),
]
"""Micro-units (1 unit = 1,000,000); "25.00" in JSON, both ways."""
