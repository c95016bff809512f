"""Reports by day, and what is exported."""

import csv
import datetime as dt
import io
import json
from collections.abc import Iterable

import pytest

from reference_server.manager.calls import CallFilter
from reference_server.manager.problem import Problem
from reference_server.manager.reports import PAGE, RUNNABLE
from reference_server.store.rows import RecordRow
from tests.reference_server.manager.managed_trunk import ADA, US, ManagedTrunk, moment, money

DAY = dt.date(2026, 1, 10)


@pytest.fixture
def shop(world: ManagedTrunk) -> str:
    """A profile with calls on two days."""
    username = world.bought(2, 1)
    world.manager.credit.add_credit(ADA, username, money("20"), world.key())
    world.talk(username, seconds=61)
    world.talk(username, US, 30)
    world.now = moment("2026-01-11 23:59")
    world.talk(username, seconds=120)  # it ends on the next day, and counts for the one on which it began
    return username


def rows(pieces: Iterable[str]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(pieces))))


class TestDays:
    def test_calls_are_added_up_by_the_day_on_which_they_began(self, world: ManagedTrunk, shop: str) -> None:
        days = world.manager.reports.by_day(DAY, dt.date(2026, 1, 12))
        shown = [(one.day.day, one.calls, one.answered, one.seconds) for one in days]
        assert shown == [(10, 2, 2, 91), (11, 1, 1, 120), (12, 0, 0, 0)]
        assert [one.cost for one in days] == [money("0.209"), money("0.209"), 0]
        assert [one.bundle_seconds for one in days] == [30, 0, 0]

    def test_of_one_profile_or_of_all(self, world: ManagedTrunk, shop: str) -> None:
        other = world.bought(1)
        assert world.manager.reports.by_day(DAY, DAY, shop)[0].calls == 2
        assert world.manager.reports.by_day(DAY, DAY, other)[0].calls == 0

    def test_days_are_those_of_the_managers_time_zone(self, world: ManagedTrunk) -> None:
        username = world.bought(1)
        world.manager.credit.add_credit(ADA, username, money("20"), world.key())
        world.now = moment("2026-01-12 00:30")  # still the 11th in UTC
        world.talk(username, seconds=10)
        days = world.manager.reports.by_day(dt.date(2026, 1, 11), dt.date(2026, 1, 12))
        assert [one.calls for one in days] == [0, 1]

    @pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
    def test_a_day_on_which_clocks_are_changed_is_whole(
        self, world: ManagedTrunk, day: str, hours: int
    ) -> None:
        username = world.bought(1)
        world.manager.credit.add_credit(ADA, username, money("900"), world.key())
        world.now = moment(f"{day} 00:00")
        for _ in range(hours):
            world.talk(username, seconds=10)
            world.now += 3590
        date = dt.date.fromisoformat(day)
        assert world.manager.reports.by_day(date, date)[0].calls == hours

    @pytest.mark.parametrize(
        ("since", "until"),
        [
            (dt.date(2026, 1, 2), dt.date(2026, 1, 1)),
            (dt.date(2025, 1, 1), dt.date(2026, 1, 2)),
            (dt.date.max, dt.date.max),
            (dt.date.min, dt.date.min),
        ],
    )
    def test_a_report_has_one_day_to_a_year(
        self, world: ManagedTrunk, since: dt.date, until: dt.date
    ) -> None:
        with pytest.raises(Problem, match="at most a year") as caught:
            world.manager.reports.by_day(since, until)
        assert caught.value.status == 422

    def test_today_is_that_of_the_time_zone(self, world: ManagedTrunk) -> None:
        world.now = moment("2026-05-01 00:30")
        assert world.manager.reports.today() == dt.date(2026, 5, 1)

    def test_they_are_exported_as_csv(self, world: ManagedTrunk, shop: str) -> None:
        lines = rows(world.manager.reports.days_csv(DAY, DAY))
        assert lines == [
            {
                "day": "2026-01-10",
                "calls": "2",
                "answered": "2",
                "seconds": "91",
                "cost": "0.209",
                "bundle_seconds": "30",
            }
        ]


class TestExports:
    def test_call_records_are_csv_with_local_times(self, world: ManagedTrunk, shop: str) -> None:
        lines = rows(world.manager.reports.calls_csv(CallFilter()))
        assert [line["cost"] for line in lines] == ["0.209", "0.00", "0.209"]
        assert lines[0]["started"] == "2026-01-11 23:59:00+0200"
        assert lines[0]["number"] == "+447700900123"

    def test_call_records_are_json(self, world: ManagedTrunk, shop: str) -> None:
        shown = json.loads("".join(world.manager.reports.calls_json(CallFilter(number="1212"))))
        assert [(one["number"], one["cost"], one["bundle_seconds"]) for one in shown] == [(US, "0.00", 30)]

    def test_nothing_is_an_empty_array_and_a_header_line(self, world: ManagedTrunk) -> None:
        assert json.loads("".join(world.manager.reports.calls_json(CallFilter()))) == []
        assert len(list(world.manager.reports.calls_csv(CallFilter()))) == 1

    def test_an_export_has_more_than_a_page(self, world: ManagedTrunk) -> None:
        username = world.bought(1, 1)
        for _ in range(PAGE + 1):
            world.talk(username, US, 1)
        assert len(rows(world.manager.reports.calls_csv(CallFilter(last=1)))) == PAGE + 1

    def test_balance_history_of_profile_and_manager_is_csv(self, world: ManagedTrunk, shop: str) -> None:
        lines = rows(world.manager.reports.history_csv(shop))
        assert [line["kind"] for line in lines] == ["call", "call", "add-credit"]
        assert [line["amount"] for line in lines] == ["-0.209", "-0.209", "20.00"]
        of_manager = rows(world.manager.reports.history_csv(None))
        assert [line["kind"] for line in of_manager] == ["add-credit", "bundles", "channels", "payment"]

    def test_a_cell_that_a_spreadsheet_would_run_is_made_text(self, world: ManagedTrunk) -> None:
        now = world.now
        row = RecordRow(
            "1", "99051000000231", "inbound", "=1+1", "+442079460700", now, None, now, 486, *"abc"
        )
        world.store.add_record(row)
        (line,) = rows(world.manager.reports.calls_csv(CallFilter()))
        assert (line["caller"], line["number"]) == ("'=1+1", "+442079460700")

    @pytest.mark.parametrize(
        ("cell", "is_run"),
        [
            *((cell, True) for cell in ("=1+1", "@x", "+cmd|x", "-2+3", "\tx")),
            *((cell, False) for cell in ("+447700900123", "-0.209", "Head office", "")),
        ],
    )
    def test_signed_numbers_are_no_formulas(self, cell: str, is_run: bool) -> None:
        assert bool(RUNNABLE.match(cell)) is is_run
