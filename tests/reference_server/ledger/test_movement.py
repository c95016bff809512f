"""Movements: none that does not balance comes into being."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_server.ledger import accounts
from reference_server.ledger.movement import (
    MONEY,
    SECONDS,
    Entry,
    Movement,
    UnbalancedMovement,
    totals,
    transfer,
)

ENTRIES = st.builds(
    Entry,
    st.sampled_from([accounts.MANAGER, accounts.PAYMENTS, accounts.profile("1")]),
    st.sampled_from([MONEY, SECONDS]),
    st.integers(-3, 3),
)


def movement(*entries: Entry, key: str = "k") -> Movement:
    return Movement(key, "payment", 1.0, "", "", entries)


@given(st.lists(ENTRIES, max_size=4))
def test_only_entries_that_sum_up_to_nothing_make_a_movement(entries: list[Entry]) -> None:
    places = {(entry.account, entry.unit) for entry in entries}
    sound = (
        bool(entries)
        and len(places) == len(entries)
        and all(entry.amount for entry in entries)
        and not any(totals(entries).values())
    )
    try:
        movement(*entries)
        made = True
    except UnbalancedMovement:
        made = False
    assert made == sound


@given(st.integers(1, 10**15), st.sampled_from([MONEY, SECONDS]))
def test_what_one_account_gives_the_other_gets(amount: int, unit: str) -> None:
    made = transfer("k", "payment", 1.0, accounts.PAYMENTS, accounts.MANAGER, amount, unit)
    assert {(one.account, one.amount) for one in made.entries} == {
        (accounts.PAYMENTS, -amount),
        (accounts.MANAGER, amount),
    }


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ((), "has no entries"),
        ((Entry("a", MONEY, 1), Entry("b", MONEY, -2)), "in money sum up to -1"),
        ((Entry("a", MONEY, 1), Entry("b", SECONDS, -1)), "in money sum up to 1"),
        ((Entry("a", MONEY, 0), Entry("b", MONEY, 0)), "the entry of a is zero"),
        ((Entry("a", MONEY, 1), Entry("a", MONEY, -1)), "a has 2 entries"),
        ((Entry("a", "beans", 1), Entry("b", "beans", -1)), "'beans' is no unit"),
    ],
)
def test_what_is_wrong_with_a_movement_is_said(entries: tuple[Entry, ...], reason: str) -> None:
    with pytest.raises(UnbalancedMovement, match=f"'k': .*{reason}"):
        movement(*entries)


def test_a_movement_has_a_key() -> None:
    with pytest.raises(UnbalancedMovement, match="no key"):
        transfer("", "payment", 1.0, "a", "b", 1)


@pytest.mark.parametrize("amount", [0, -1])
def test_a_transfer_goes_one_way(amount: int) -> None:
    with pytest.raises(UnbalancedMovement, match="cannot be transferred"):
        transfer("k", "payment", 1.0, "a", "b", amount)


def test_nothing_goes_from_an_account_to_itself() -> None:
    with pytest.raises(UnbalancedMovement, match="a has 2 entries"):
        transfer("k", "payment", 1.0, "a", "a", 1)
