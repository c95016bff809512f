"""A trunk that was killed: its calls get their records at the next start, and are charged once."""

from contextlib import closing
from typing import Any

import pytest

from reference_server.ledger import accounts
from reference_server.ledger.movement import SECONDS, transfer
from reference_server.rating.charge import IN_BUNDLE
from reference_server.store.journal import Journal
from reference_server.store.store import Store
from tests.reference_server.store.call_rows import USER, open_call, record

journal = Journal()


def give(store: Store, money: int = 0, seconds: int = 0, user: str = USER) -> None:
    with store.database.begin() as connection:
        if money:
            target = accounts.profile(user)
            journal.post(connection, transfer("money", "opening", 0.0, accounts.OPENING, target, money))
        if seconds:
            source, target = accounts.BUNDLES_GRANTED, accounts.bundle(user)
            journal.post(
                connection, transfer("bundle", "bundle-grant", 0.0, source, target, seconds, SECONDS)
            )


def killed(store: Store) -> None:
    """The end of a process: nobody commits, what was not written is gone."""
    store.dirty = False
    store.close()


def test_a_call_cut_by_the_end_of_the_trunk_is_closed_and_charged_once(lasting_url: str) -> None:
    store = Store(lasting_url)
    give(store, money=25_000_000)
    store.open_call(open_call("a", answered=100.0))
    store.commit(100.0)
    store.keep_alive(170.0)
    store.commit(170.0)
    store.add_record(record("lost", cost=600_000))
    killed(store)
    with closing(Store(lasting_url)) as again:
        (closed,) = again.recover(5_000.0)
        assert (closed.answered, closed.ended, closed.cause) == (100.0, 170.0, "trunk stopped")
        assert (closed.status, closed.released_by, closed.call_id) == (200, "trunk", "call-a")
        assert (closed.cost, closed.rate) == (1_200_000, "UK landline (+44) 0.60/min")
        assert again.records() == [closed]
        assert again.spendable(USER) == (23_800_000, 0)
        assert again.recover(6_000.0) == []
        assert again.spendable(USER) == (23_800_000, 0)


def test_a_call_that_ended_before_the_end_stays_as_it_was_recorded(lasting_url: str) -> None:
    store = Store(lasting_url)
    give(store, money=25_000_000)
    store.open_call(open_call("a"))
    store.commit(100.0)
    store.add_record(record("a", cost=600_000))
    store.commit(160.0)
    killed(store)
    with closing(Store(lasting_url)) as again:
        assert again.recover(5_000.0) == []
        assert [row.cause for row in again.records()] == ["BYE"]
        assert again.spendable(USER) == (24_400_000, 0)


def test_a_cut_call_never_ends_before_its_answer_nor_after_now(lasting_url: str) -> None:
    store = Store(lasting_url)
    store.open_call(open_call("early", answered=90.0))
    store.commit(100.0)
    store.open_call(open_call("late", answered=100.4))
    store.commit(100.4)
    killed(store)
    with closing(Store(lasting_url)) as again:
        assert {row.key: row.ended for row in again.recover(99.0)} == {"early": 99.0, "late": 100.4}


def test_calls_that_cost_nothing_are_closed_without_a_charge(lasting_url: str) -> None:
    store = Store(lasting_url)
    free: dict[str, Any] = {"rate_prefix": "", "rate_name": "", "per_minute": 0, "setup": 0, "step": 0}
    store.open_call(open_call("echo", **free))
    store.open_call(open_call("inbound", direction="inbound", **free))
    store.commit(400.0)
    killed(store)
    with closing(Store(lasting_url)) as again:
        assert {row.key: (row.cost, row.rate) for row in again.recover(500.0)} == {
            "echo": (0, ""),
            "inbound": (0, ""),
        }


@pytest.mark.parametrize(("seconds", "cost"), [(900, 0), (100, 600_000), (0, 2_400_000)])
def test_bundles_pay_for_what_they_hold(lasting_url: str, seconds: int, cost: int) -> None:
    store = Store(lasting_url)
    give(store, money=25_000_000, seconds=seconds)
    store.open_call(open_call("a", answered=100.0, in_bundle=True))
    store.commit(160.0)
    store.keep_alive(300.0 - 40.0)
    store.commit(260.0)
    killed(store)
    with closing(Store(lasting_url)) as again:
        (closed,) = again.recover(500.0)
        used = min(seconds, 160)
        assert (closed.bundle_seconds, closed.cost) == (used, cost if seconds else 1_800_000)
        assert (closed.rate == IN_BUNDLE) == (seconds == 900)
        assert again.spendable(USER)[1] == seconds - used


def test_nobody_is_charged_more_than_there_is(lasting_url: str) -> None:
    store = Store(lasting_url)
    give(store, money=1_000_000)
    for key in ("a", "b", "c"):
        store.open_call(open_call(key))
    store.commit(150.0)
    killed(store)
    with closing(Store(lasting_url)) as again:
        assert [row.cost for row in again.recover(500.0)] == [600_000, 400_000, 0]
        assert again.spendable(USER) == (0, 0)


def test_the_calls_of_one_worker_are_closed_while_others_go_on(lasting_url: str) -> None:
    first, second = Store(lasting_url, writer=0), Store(lasting_url, writer=1)
    first.open_call(open_call("a"))
    first.commit(130.0)
    second.open_call(open_call("b"))
    second.commit(140.0)
    killed(second)
    second = Store(lasting_url, writer=1)
    assert [(row.key, row.ended) for row in second.recover(500.0, writer=1)] == [("b", 140.0)]
    assert second.recover(500.0, writer=1) == []
    first.add_record(record("a"))
    first.commit()
    assert [row.key for row in first.records()] == ["b", "a"]
    first.close()
    second.close()
    with closing(Store(lasting_url)) as all_of_them:
        assert all_of_them.recover(600.0) == []


def test_a_trunk_closes_the_calls_of_all_its_former_workers(lasting_url: str) -> None:
    for writer in (0, 3):
        store = Store(lasting_url, writer=writer)
        store.open_call(open_call(str(writer)))
        store.commit(110.0)
        killed(store)
    with closing(Store(lasting_url)) as again:
        assert {row.key for row in again.recover(500.0)} == {"0", "3"}
