"""What a commit writes about calls: open ones, records, charges, each once, all or nothing."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import event, func, select

from reference_server.ledger import accounts
from reference_server.ledger.movement import SECONDS
from reference_server.store.database import Database
from reference_server.store.journal import Journal
from reference_server.store.schema import OPEN_CALLS, WRITERS
from reference_server.store.store import Store, StoreError
from tests.postgresql_server import PostgresqlServer
from tests.reference_server.store.call_rows import USER, open_call, record

journal = Journal()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with closing(Database(database_url)) as opened:
        yield opened


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    with closing(Store(database)) as opened:
        yield opened


def open_keys(database: Database) -> set[str]:
    with database.read() as connection:
        return set(connection.execute(select(OPEN_CALLS.c.key)).scalars())


def balances(database: Database) -> dict[str, int]:
    with database.read() as connection:
        return journal.balances(connection, "")


def test_a_call_is_open_from_its_answer_to_its_record(store: Store, database: Database) -> None:
    store.open_call(open_call("a"))
    assert open_keys(database) == set()
    store.commit()
    store.open_call(open_call("b"))
    store.commit()
    assert open_keys(database) == {"a", "b"}
    store.add_record(record("a"))
    assert open_keys(database) == {"a", "b"}
    store.commit()
    assert open_keys(database) == {"b"}
    assert [row.key for row in store.records()] == ["a"]


def test_a_call_that_begins_and_ends_within_one_commit_is_a_record_alone(
    store: Store, database: Database
) -> None:
    store.open_call(open_call("a"))
    store.add_record(record("a", cost=600_000))
    store.commit()
    assert open_keys(database) == set()
    assert balances(database) == {accounts.profile(USER): -600_000, accounts.INCOME_CALLS: 600_000}


def test_a_call_with_a_cost_is_charged_with_its_record(store: Store, database: Database) -> None:
    store.add_record(record("a", cost=600_000, bundle_seconds=30))
    store.add_record(record("b", cost=50))
    store.add_record(record("free"))
    store.commit()
    assert balances(database) == {accounts.profile(USER): -600_050, accounts.INCOME_CALLS: 600_050}
    with database.read() as connection:
        assert journal.balances(connection, "", SECONDS) == {
            accounts.bundle(USER): -30,
            accounts.BUNDLES_USED: 30,
        }
        told = journal.history(connection, accounts.profile(USER))
    assert [(row.key, row.kind, row.at, row.note) for row in told] == [
        ("call:b", "call", 160.0, "+442079460000: UK landline"),
        ("call:a", "call", 160.0, "+442079460000: UK landline"),
    ]
    assert store.spendable(USER) == (-600_050, -30)


def test_the_same_call_again_is_neither_recorded_nor_charged(store: Store, database: Database) -> None:
    for _ in range(3):
        store.add_record(record("a", cost=600_000))
        store.commit()
    assert len(store.records()) == 1
    assert balances(database)[accounts.INCOME_CALLS] == 600_000


def test_calls_without_a_key_are_recorded_each(store: Store) -> None:
    for _ in range(2):
        store.add_record(record("")._replace(status=403))
    assert len(store.records()) == 2


def test_a_cost_without_a_key_is_a_mistake_of_the_program(store: Store) -> None:
    with pytest.raises(ValueError, match="has a cost and no key"):
        store.add_record(record("", cost=1))
    assert not store.dirty


def test_a_commit_that_fails_writes_nothing_and_loses_nothing(store: Store, database: Database) -> None:
    store.open_call(open_call("before"))
    store.commit(1.0)
    with database.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE movement RENAME TO elsewhere")
    store.open_call(open_call("a"))
    store.add_record(record("before", cost=600_000))
    with pytest.raises(StoreError, match="movement"):
        store.commit(2.0)
    assert store.dirty
    assert open_keys(database) == {"before"}
    with database.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO movement")
    store.commit(3.0)
    assert open_keys(database) == {"a"}
    assert [row.key for row in store.records()] == ["before"]
    assert balances(database)[accounts.INCOME_CALLS] == 600_000


def test_bindings_and_calls_go_out_together(store: Store, database: Database) -> None:
    store.drop_binding(USER, "sip:nobody@10.0.0.9")
    store.open_call(open_call("a"))
    store.add_record(record("b", cost=7))
    store.commit(5.0)
    assert open_keys(database) == {"a"}
    assert balances(database)[accounts.INCOME_CALLS] == 7


def test_that_the_trunk_lives_is_written_once_a_second_at_most(store: Store, database: Database) -> None:
    def alive_at() -> Any:
        with database.read() as connection:
            return connection.execute(select(WRITERS.c.alive_at)).scalar()

    store.open_call(open_call("a"))
    store.commit(100.0)
    assert alive_at() == 100.0
    store.keep_alive(100.5)
    assert not store.dirty
    store.add_record(record("b"))
    store.commit(100.9)
    assert alive_at() == 100.0
    store.keep_alive(101.0)
    assert store.dirty
    store.commit(101.0)
    assert alive_at() == 101.0
    store.add_record(record("a"))
    store.commit(101.1)
    store.keep_alive(200.0)
    assert not store.dirty, "without open calls nobody asks when the trunk died"


def test_ten_calls_of_a_commit_are_one_transaction(file_url: str) -> None:
    with closing(Store(file_url)) as store:
        begun: list[str] = []
        event.listen(store.database.engine, "begin", lambda _connection: begun.append("begin"))
        driver = store.database.engine.raw_connection()
        before = driver.cursor().execute("PRAGMA data_version").fetchone()
        for number in range(10):
            store.add_record(record(str(number), cost=1))
        store.commit()
        after = driver.cursor().execute("PRAGMA data_version").fetchone()
        driver.close()
        assert begun == []
        assert after[0] == before[0] + 1


def test_a_cut_connection_costs_a_commit_and_no_call(
    postgresql: PostgresqlServer, postgresql_url: str
) -> None:
    with closing(Store(postgresql_url)) as store:
        store.add_record(record("a", cost=5))
        store.commit()
        postgresql.cut_connections()
        store.add_record(record("b", cost=5))
        with pytest.raises(StoreError):
            store.commit()
        store.commit()
        assert [row.key for row in store.records()] == ["a", "b"]
        with store.database.read() as connection:
            assert journal.balance(connection, accounts.INCOME_CALLS) == 10
            assert connection.execute(select(func.count()).select_from(OPEN_CALLS)).scalar() == 0
