"""Amounts: what is written is what was read, and what is no amount is said with what to write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_server.ledger.money import MOST, UNIT, MoneyError, money_text, parse_money

AMOUNTS = st.integers(-MOST, MOST)


@given(AMOUNTS)
def test_each_amount_is_written_as_it_is_read(amount: int) -> None:
    assert parse_money(money_text(amount)) == amount


@given(AMOUNTS)
def test_an_amount_has_two_decimals_and_more_only_where_they_say_something(amount: int) -> None:
    decimals = money_text(amount).partition(".")[2]
    assert 2 <= len(decimals) <= 6
    assert len(decimals) == 2 or not decimals.endswith("0")


@pytest.mark.parametrize(
    ("text", "amount"),
    [("25", 25 * UNIT), ("25.00", 25 * UNIT), ("0.017", 17_000), ("-1.5", -1_500_000), (" 7.1 ", 7_100_000)],
)
def test_amounts_are_read(text: str, amount: int) -> None:
    assert parse_money(text) == amount


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("1,250.00", "write a point before the decimals and nothing between thousands"),
        ("0.0000001", "at most six decimals"),
        ("9000000001", "write at most 9000000000.00"),
        ("", 'as "25.00"'),
        ("1e3", 'as "25.00"'),
        ("²", 'as "25.00"'),
        ("NaN", 'as "25.00"'),
        (".5", 'as "25.00"'),
        ("5.", 'as "25.00"'),
    ],
)
def test_what_is_no_amount_is_said(text: str, advice: str) -> None:
    with pytest.raises(MoneyError) as caught:
        parse_money(text)
    assert advice in str(caught.value)
    assert repr(text) in str(caught.value)


@given(st.text(max_size=30))
def test_no_text_brings_anything_but_an_amount_or_advice(text: str) -> None:
    try:
        amount = parse_money(text)
    except MoneyError as error:
        said = str(error)
    else:
        said = f"write {money_text(amount)}"
    assert "write" in said
