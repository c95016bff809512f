"""The purse: what is taken is gone, and nobody takes what is not there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_server.ledger.movement import MONEY, SECONDS
from reference_server.rating.credit import Credit

USER = "99051000000231"


def purse(money: int = 0, seconds: int = 0) -> Credit:
    credit = Credit()
    credit.set(USER, money, seconds)
    return credit


@given(st.integers(0, 100), st.integers(0, 100), st.integers(0, 100))
def test_what_is_taken_is_wanted_or_all_there_is_or_nothing(there: int, wanted: int, at_least: int) -> None:
    credit = purse(money=there)
    taken = credit.take(USER, MONEY, wanted, at_least)
    assert taken in (0, min(there, wanted))
    assert taken == 0 or taken >= at_least
    assert credit.available(USER) == there - taken


def test_money_and_seconds_lie_apart() -> None:
    credit = purse(money=100, seconds=60)
    assert credit.take(USER, SECONDS, 40, 1) == 40
    assert (credit.available(USER), credit.bundle_seconds(USER)) == (100, 20)
    credit.give(USER, MONEY, 5)
    assert (credit.available(USER), credit.bundle_seconds(USER)) == (105, 20)


def test_a_profile_unknown_here_has_nothing() -> None:
    credit = Credit()
    assert credit.take("nobody", MONEY, 1, 1) == 0
    assert (credit.available("nobody"), credit.bundle_seconds("nobody")) == (0, 0)


def test_a_forgotten_profile_has_nothing() -> None:
    credit = purse(money=100, seconds=60)
    credit.forget(USER)
    credit.forget("nobody")
    assert (credit.available(USER), credit.bundle_seconds(USER)) == (0, 0)


def test_a_negative_amount_cannot_be_given_or_set() -> None:
    with pytest.raises(ValueError, match="give 0 or more"):
        purse().give(USER, MONEY, -1)
    with pytest.raises(ValueError, match="less than nothing"):
        purse().set(USER, -1, 0)
