"""An amount of money as settings files write it: text in quotes, read into micro-units.

Reading the text is `ledger.money`'s work; here pydantic learns of it.
"""

from typing import Annotated

from pydantic import BeforeValidator

from reference_server.ledger.money import MoneyError, parse_money


def read_amount(value: object) -> int:
    """Micro-units of an amount of 0 or more. Raises ValueError that says what to write."""
    if not isinstance(value, str):
        raise ValueError('write the amount in quotes, as "0.017"')  # noqa: TRY004  pydantic expects it
    try:
        amount = parse_money(value)
    except MoneyError as error:
        raise ValueError(error.instead) from None
    if amount < 0:
        raise ValueError('write an amount of 0 or more, as "0.017"')
    return amount


Amount = Annotated[int, BeforeValidator(read_amount)]
