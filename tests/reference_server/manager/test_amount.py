"""Amounts are text in JSON and whole micro-units inside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from reference_server.manager.amount import Amount


class Priced(BaseModel):
    amount: Amount


def test_an_amount_is_decimal_text_in_json() -> None:
    assert Priced(amount=25_170_000).model_dump_json() == '{"amount":"25.17"}'
    assert Priced.model_validate_json('{"amount":"25.17"}').amount == 25_170_000


@given(st.integers(0, 10**15))
def test_every_amount_survives_json(amount: int) -> None:
    priced = Priced(amount=amount)
    assert Priced.model_validate_json(priced.model_dump_json()) == priced


@pytest.mark.parametrize("text", ["", "ten", "1,50", "0.0000001"])
def test_what_is_no_amount_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(ValidationError, match="write"):
        Priced.model_validate({"amount": text})


def test_the_schema_says_that_an_amount_is_text() -> None:
    assert Priced.model_json_schema()["properties"]["amount"]["type"] == "string"
