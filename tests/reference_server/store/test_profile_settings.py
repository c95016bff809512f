"""Profiles of the settings file and of the Manager in one database, with the credit that the ledger says."""

from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, text

from reference_server.ledger import accounts
from reference_server.ledger.movement import MONEY, transfer
from reference_server.settings import ProfileSettings
from reference_server.store import account_rows, number_rows, profile_rows
from reference_server.store.database import Database
from reference_server.store.journal import Journal
from reference_server.store.rows import BindingRow
from reference_server.store.schema import PROFILES
from reference_server.store.store import Store, StoreError
from reference_server.store.vault import new_key

USER, OTHER, MANAGED = "99051000000231", "99051000000232", "99051000999999"
NUMBER = "+14155550123"
journal = Journal()


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with closing(Store(database_url)) as opened:
        yield opened


def profile(username: str = USER, **changes: Any) -> ProfileSettings:
    return ProfileSettings.model_validate({"sip_username": username, "password": "secret", **changes})


def add_managed(store: Store) -> None:
    with store.database.begin() as connection:
        token = store.database.vault.encrypt("generated")
        profile_rows.add(connection, MANAGED, "Shop", token, 5.0)


def test_profiles_of_the_manager_stay_when_those_of_the_file_are_replaced(store: Store) -> None:
    store.replace_profiles([profile()])
    add_managed(store)
    store.replace_profiles([profile(OTHER)])
    assert {one.sip_username: one.password for one in store.profiles()} == {
        OTHER: "secret",
        MANAGED: "generated",
    }


def test_one_profile_can_be_asked_for(store: Store) -> None:
    store.replace_profiles([profile(online_numbers=[NUMBER]), profile(OTHER)])
    found = store.profile(USER)
    assert found == profile(online_numbers=[NUMBER])
    assert store.profile("nobody") is None


def test_passwords_are_encrypted_in_the_tables(store: Store) -> None:
    store.replace_profiles([profile()])
    with store.database.read() as connection:
        assert "secret" not in str(connection.execute(select(PROFILES)).all())


def test_the_credit_of_the_file_opens_the_account_once(lasting_url: str) -> None:
    with closing(Store(lasting_url)) as store:
        store.replace_profiles([profile(credit="7.50")], 10.0)
        with store.database.begin() as connection:
            source, target = accounts.profile(USER), accounts.INCOME_CALLS
            journal.post(connection, transfer("call:1", "call", 11.0, source, target, 2_500_000))
    with closing(Store(lasting_url)) as again:
        again.replace_profiles([profile(credit="99")], 20.0)
        assert [one.credit for one in again.profiles()] == [Decimal("5.00")]
        assert again.spendable(USER) == (5_000_000, 0)
        with again.database.read() as connection:
            (opening,) = journal.history(connection, accounts.OPENING)
        assert (opening.kind, opening.at, opening.amount) == ("opening", 10.0, -7_500_000)


def test_a_profile_without_credit_has_none(store: Store) -> None:
    store.replace_profiles([profile(credit="0")])
    assert [one.credit for one in store.profiles()] == [0]
    with store.database.read() as connection:
        assert journal.balances(connection, "", MONEY) == {}


@pytest.mark.parametrize(
    ("changes", "seconds"),
    [
        ({"us_minute_bundles": 2, "channels": 2}, 600_000),
        ({"us_minute_bundles": 1, "us_bundle_seconds": 7}, 7),
        ({"us_minute_bundles": 1, "us_bundle_seconds": 0}, 0),
        ({}, 0),
    ],
)
def test_the_bundles_of_the_file_are_granted_once(
    lasting_url: str, changes: dict[str, Any], seconds: int
) -> None:
    for _ in range(2):
        with closing(Store(lasting_url)) as store:
            store.replace_profiles([profile(**changes)], 10.0)
            assert store.spendable(USER)[1] == seconds


def test_a_profile_that_went_and_came_again_has_what_it_had(store: Store) -> None:
    store.replace_profiles([profile(credit="7.50")])
    store.replace_profiles([])
    store.replace_profiles([profile(credit="99")])
    assert [one.credit for one in store.profiles()] == [Decimal("7.50")]


def test_a_credit_too_large_is_told(store: Store) -> None:
    with pytest.raises(StoreError, match=f"profile.. {USER}: a credit of 1E.16 is too large: write at most"):
        store.replace_profiles([profile(credit=Decimal("1E+16"))])
    assert store.profiles() == []


def test_what_the_manager_gave_to_a_profile_of_the_file_stays_with_it(store: Store) -> None:
    store.replace_profiles([profile(online_numbers=["+14155550100"], extension_tags={"by.file": "1"})])
    bought = number_rows.NumberRow(NUMBER, "US", "California", 1, 0.0, 9.0, True, 1, USER)
    with store.database.begin() as connection:
        number_rows.keep(connection, bought)
        account_rows.add(
            connection, account_rows.AccountRow("anna.shop", "Anna.Shop", "", "", 0.0, None, None)
        )
        account_rows.attach(connection, "Anna.Shop", USER, "200")
    store.replace_profiles([profile(name="renamed", online_numbers=["+14155550101"])])
    (kept,) = store.profiles()
    assert kept.name == "renamed"
    assert set(kept.online_numbers) == {NUMBER, "+14155550101"}
    assert kept.extension_tags == {"Anna.Shop": "200"}
    with store.database.read() as connection:
        assert number_rows.named(connection, NUMBER) == bought


@pytest.mark.parametrize("attached_to", [MANAGED, None])
@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (profile(MANAGED), f"the SIP username {MANAGED} is in a"),
        (profile(online_numbers=[NUMBER]), r"the Online Number \+14155550123 is in a"),
        (profile(extension_tags={"anna.shop": "7"}), r"the business account anna\.shop is in a"),
    ],
)
def test_what_the_file_and_the_manager_both_have_is_told(
    store: Store, wanted: ProfileSettings, reason: str, attached_to: str | None
) -> None:
    store.replace_profiles([profile(OTHER)])
    add_managed(store)
    with store.database.begin() as connection:
        number_rows.keep(
            connection, number_rows.NumberRow(NUMBER, "US", "", 1, 0.0, 9.0, True, 1, attached_to)
        )
        account_rows.add(
            connection, account_rows.AccountRow("anna.shop", "Anna.Shop", "", "", 0.0, None, None)
        )
        if attached_to is not None:
            account_rows.attach(connection, "Anna.Shop", attached_to, "200")
    with pytest.raises(
        StoreError, match=reason + r" \[\[profile\]\] of the settings file and in the Manager"
    ):
        store.replace_profiles([wanted])
    assert {one.sip_username for one in store.profiles()} == {OTHER, MANAGED}


def test_bindings_of_profiles_that_stay_are_kept_whoever_made_these(store: Store) -> None:
    store.replace_profiles([profile(), profile(OTHER)])
    add_managed(store)
    for username in (USER, OTHER, MANAGED):
        store.keep_binding(BindingRow(username, "k", "<sip:a@10.0.0.2>", "s", "l", "", "c", 1, 99.0))
    store.commit()
    store.replace_profiles([profile(OTHER)])
    assert {row.sip_username for row in store.bindings(0.0)} == {OTHER, MANAGED}


def test_a_password_of_another_key_is_told(database_url: str) -> None:
    with closing(Database(database_url, key=new_key("mine"))) as database, closing(Store(database)) as store:
        store.replace_profiles([profile()])
        with database.begin() as connection:
            connection.execute(text("UPDATE profile SET password = 'plainly'"))
        with pytest.raises(StoreError, match=f"password of profile {USER} was encrypted with another key"):
            store.profiles()
