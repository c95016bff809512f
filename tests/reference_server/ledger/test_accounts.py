"""Names of accounts, and which of them may not go below zero."""

import pytest

from reference_server.ledger import accounts


@pytest.mark.parametrize("account", [accounts.MANAGER, accounts.profile("99051"), accounts.bundle("99051")])
def test_what_somebody_can_spend_is_never_below_zero(account: str) -> None:
    assert not accounts.may_be_overdrawn(account)


@pytest.mark.parametrize(
    "account", [accounts.PAYMENTS, accounts.OPENING, accounts.INCOME_CALLS, accounts.BUNDLES_GRANTED]
)
def test_where_things_come_from_and_go_may_be(account: str) -> None:
    assert accounts.may_be_overdrawn(account)


def test_a_profile_has_an_account_for_credit_and_one_for_bundles() -> None:
    assert accounts.profile("99051") == "profile:99051"
    assert accounts.bundle("99051") == "bundle:99051"
