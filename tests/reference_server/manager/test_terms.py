"""A term is 30 calendar days in the Manager's time zone (facts.md, Commercial)."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_server.manager.terms import day_text, term_end
from tests.reference_server.manager.managed_trunk import ZONE, local, moment


@pytest.mark.parametrize(
    ("started", "ends"),
    [
        ("2026-01-10 12:00", "2026-02-09 12:00"),
        ("2026-02-10 12:00", "2026-03-12 12:00"),  # a month of 28 days between
        ("2028-02-10 12:00", "2028-03-11 12:00"),  # of 29
        ("2026-03-10 12:00", "2026-04-09 12:00"),  # summer time begins between
        ("2026-10-10 12:00", "2026-11-09 12:00"),  # and ends
        ("2026-12-15 00:00", "2027-01-14 00:00"),
    ],
)
def test_a_term_ends_at_the_hour_of_the_day_at_which_it_began(started: str, ends: str) -> None:
    assert local(term_end(moment(started), ZONE)) == ends


def test_a_term_that_would_end_in_the_hour_left_out_in_spring_ends_as_much_later() -> None:
    assert local(term_end(moment("2026-02-27 03:30"), ZONE)) == "2026-03-29 04:30"


def test_a_term_that_ends_in_the_hour_that_comes_twice_ends_at_the_first() -> None:
    ends = term_end(moment("2026-09-25 03:30"), ZONE)
    assert local(ends) == "2026-10-25 03:30"
    assert ends == moment("2026-10-25 02:30") + 3600


def test_a_term_that_begins_in_the_second_of_two_hours_ends_at_its_hour() -> None:
    second = moment("2026-10-25 02:30") + 2 * 3600
    assert local(second) == "2026-10-25 03:30"
    assert local(term_end(second, ZONE)) == "2026-11-24 03:30"


@given(st.floats(0, 4e9), st.sampled_from(["Europe/Tallinn", "America/New_York", "Asia/Kathmandu", "UTC"]))
def test_every_term_lasts_about_thirty_days(started: float, zone: str) -> None:
    length = term_end(started, ZoneInfo(zone)) - started
    assert abs(length - 30 * 86_400) <= 2 * 3600


def test_days_are_those_of_the_time_zone() -> None:
    assert day_text(moment("2026-03-01 00:30"), ZONE) == "2026-03-01"
