"""The ledger in a database: append only, each key once, and balances are the sums of entries."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from reference_server.ledger import accounts
from reference_server.ledger.movement import MONEY, SECONDS, Entry, Movement, UnbalancedMovement, transfer
from reference_server.store.database import Database
from reference_server.store.journal import Journal, Overdrawn
from reference_server.store.journal_schema import ENTRIES, MOVEMENTS
from reference_server.store.store_error import StoreError

PROFILE = accounts.profile("99051")
journal = Journal()


def fund(key: str, amount: int) -> Movement:
    return transfer(key, "payment", 1.0, accounts.PAYMENTS, accounts.MANAGER, amount)


def credit(key: str, amount: int) -> Movement:
    return transfer(key, "add-credit", 2.0, accounts.MANAGER, PROFILE, amount, actor="anna")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with closing(Database(database_url)) as opened:
        yield opened


def test_balances_are_what_was_moved(database: Database) -> None:
    with database.begin() as connection:
        assert journal.post(connection, fund("one", 500))
        assert journal.post(connection, credit("two", 200))
    with database.read() as connection:
        assert journal.balance(connection, accounts.MANAGER) == 300
        assert journal.balance(connection, PROFILE) == 200
        assert journal.balance(connection, PROFILE, SECONDS) == 0
        assert journal.balances(connection, "") == {
            accounts.MANAGER: 300,
            accounts.PAYMENTS: -500,
            PROFILE: 200,
        }
        assert journal.balances(connection, accounts.PROFILE_PREFIX) == {PROFILE: 200}
        assert journal.balances(connection, "prof_le:") == {}


def test_a_key_is_posted_once(database: Database) -> None:
    for expected in (True, False):
        with database.begin() as connection:
            assert journal.posted(connection, "one") is not expected
            assert journal.post(connection, fund("one", 500)) is expected
    with database.begin() as connection:
        assert not journal.post(connection, fund("one", 900))
        assert journal.balance(connection, accounts.MANAGER) == 500


def test_an_account_that_may_not_be_overdrawn_is_not(database: Database) -> None:
    with database.begin() as connection:
        journal.post(connection, fund("one", 500))
        assert journal.post(connection, credit("two", 500), never_below=[accounts.MANAGER])
    with pytest.raises(Overdrawn, match=r"manager would be at -1 \(money\)"), database.begin() as connection:
        journal.post(connection, credit("three", 1), never_below=[accounts.MANAGER])
    with database.read() as connection:
        assert journal.balances(connection, "profile:") == {PROFILE: 500}
        assert not journal.posted(connection, "three")


def test_an_exception_undoes_the_transaction(database: Database) -> None:
    def post_one_and_fail() -> None:
        with database.begin() as connection:
            journal.post(connection, fund("one", 500))
            journal.post(connection, fund("two", 0))

    with pytest.raises(UnbalancedMovement):
        post_one_and_fail()
    with database.read() as connection:
        assert journal.balances(connection, "") == {}


def test_the_history_of_an_account_is_told_in_pages_newest_first(database: Database) -> None:
    with database.begin() as connection:
        journal.post(connection, fund("fund", 500))
        for number in range(5):
            journal.post(connection, credit(f"credit {number}", 10 + number))
        both = (Entry(PROFILE, MONEY, -5), Entry(accounts.INCOME_CALLS, MONEY, 5))
        seconds = (Entry(PROFILE, SECONDS, 9), Entry(accounts.BUNDLES_USED, SECONDS, -9))
        journal.post(connection, Movement("both", "call", 3.0, "a call", "trunk", both + seconds))
    with database.read() as connection:
        newest = journal.history(connection, PROFILE, last=3)
        older = journal.history(connection, PROFILE, last=100, before=newest[-1].id)
        manager = journal.history(connection, accounts.MANAGER, last=1)
        assert journal.history(connection, "nobody") == []
    assert [(row.key, row.unit, row.amount, row.balance) for row in newest] == [
        ("both", MONEY, -5, 55),
        ("both", SECONDS, 9, 9),
        ("credit 4", MONEY, 14, 60),
    ]
    assert [(row.key, row.balance) for row in older] == [
        ("credit 3", 46),
        ("credit 2", 33),
        ("credit 1", 21),
        ("credit 0", 10),
    ]
    assert (newest[0].kind, newest[0].at, newest[0].note, newest[0].actor) == ("call", 3.0, "a call", "trunk")
    assert (manager[0].amount, manager[0].balance, manager[0].actor) == (-14, 440, "anna")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE movement SET note = 'forged'",
        "DELETE FROM movement",
        "UPDATE entry SET amount = amount * 2",
        "DELETE FROM entry",
    ],
)
def test_nothing_in_the_ledger_is_changed_or_deleted(database: Database, statement: str) -> None:
    with database.begin() as connection:
        journal.post(connection, fund("one", 500))
    with (
        pytest.raises((DBAPIError, StoreError), match="the ledger is append only"),
        database.begin() as connection,
    ):
        connection.execute(text(statement))


def test_a_postgresql_ledger_is_not_emptied_either(postgresql_url: str) -> None:
    with (
        closing(Database(postgresql_url)) as database,
        pytest.raises(StoreError, match="append only: no truncate of movement"),
        database.begin() as connection,
    ):
        connection.execute(text("TRUNCATE movement CASCADE"))


def test_balances_follow_entries_whoever_writes_them(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(MOVEMENTS.insert(), {"key": "k", "kind": "", "at": 1.0, "note": "", "actor": ""})
        identifier = connection.execute(select(func.max(MOVEMENTS.c.id))).scalar_one()
        rows = [{"account": name, "unit": MONEY, "movement": identifier, "amount": 4} for name in "ab"]
        connection.execute(ENTRIES.insert(), rows)
        assert journal.balances(connection, "") == {"a": 4, "b": 4}
