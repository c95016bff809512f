"""US minute bundles: what they pay for, compared with the guide's own list, and when a month begins."""

import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_server.rating.us_bundle import (
    EXCLUDED_PREFIXES,
    SECONDS_PER_BUNDLE,
    covers,
    is_excluded,
    is_us_geographic,
    month_of,
    next_month,
)

GUIDE = Path(__file__).parents[2] / "data" / "quick-start-guide.txt"
LIST = "* Calls to the following US prefixes are not included within US minute bundles."
ZONES = ("Europe/Tallinn", "America/New_York", "Pacific/Auckland", "Africa/Cairo", "UTC", "Asia/Kathmandu")
YEAR_2000, YEAR_2040 = 946_684_800, 2_208_988_800


def guide_prefixes() -> list[str]:
    """The digits before each xxxx of the guide's note."""
    text = GUIDE.read_text(encoding="utf-8")
    return re.findall(r"\b(\d+)xxxx\b", text[text.index(LIST) :])


def test_the_excluded_prefixes_are_those_of_the_guide_in_its_order() -> None:
    assert list(EXCLUDED_PREFIXES) == guide_prefixes()
    assert len(EXCLUDED_PREFIXES) == 101


@pytest.mark.parametrize("prefix", guide_prefixes())
def test_calls_to_a_prefix_of_the_guide_are_not_included(prefix: str) -> None:
    number = "+1" + prefix.ljust(10, "0")
    assert is_excluded(number)
    assert not covers(number)


@pytest.mark.parametrize(
    "number",
    ["+12125550123", "+18085550123", "+16412120000", "+16057153000", "+17605695000"[:7] + "85000"],
)
def test_other_us_landlines_and_mobiles_are_included(number: str) -> None:
    assert covers(number)


@pytest.mark.parametrize(
    ("number", "what"),
    [
        ("+14165550123", "Canada"),
        ("+18765550123", "Jamaica"),
        ("+17875550123", "Puerto Rico"),
        ("+16715550123", "Guam"),
        ("+18005550123", "toll-free"),
        ("+19005550123", "premium"),
        ("+442079460123", "another country"),
        ("+1", "no number"),
        ("+1999", "no number"),
    ],
)
def test_what_is_no_us_landline_or_mobile_is_not_included(number: str, what: str) -> None:
    assert not is_us_geographic(number), what


def test_a_bundle_holds_5000_minutes() -> None:
    """facts.md, Commercial."""
    assert SECONDS_PER_BUNDLE == 300_000


@given(st.integers(YEAR_2000, YEAR_2040), st.sampled_from(ZONES))
def test_a_month_lasts_until_the_next_begins(now: int, name: str) -> None:
    zone = ZoneInfo(name)
    turn = next_month(now, zone)
    assert turn > now
    assert month_of(turn - 1, zone) == month_of(now, zone)
    assert month_of(turn, zone) > month_of(now, zone)
    first = datetime.fromtimestamp(turn, zone)
    assert (first.day, first.minute, first.second) == (1, 0, 0)
    assert first.hour in (0, 1)  # 1 in Cairo in July 2014, where the clock went on at midnight


@pytest.mark.parametrize(
    ("name", "before", "seconds"),
    [
        ("Europe/Tallinn", "2026-03-01", 31 * 86400 - 3600),
        ("Europe/Tallinn", "2026-10-01", 31 * 86400 + 3600),
        ("America/New_York", "2026-03-01", 31 * 86400 - 3600),
        ("America/New_York", "2026-11-01", 30 * 86400 + 3600),
        ("UTC", "2028-02-01", 29 * 86400),
        ("UTC", "2026-12-01", 31 * 86400),
    ],
)
def test_a_month_in_which_the_clocks_change_is_an_hour_off(name: str, before: str, seconds: int) -> None:
    zone = ZoneInfo(name)
    begins = datetime.fromisoformat(before).replace(tzinfo=zone).timestamp()
    assert next_month(begins, zone) - begins == seconds


def test_the_same_moment_lies_in_two_months_in_two_time_zones() -> None:
    moment = datetime(2026, 3, 31, 23, 30, tzinfo=ZoneInfo("UTC")).timestamp()
    assert month_of(moment, ZoneInfo("America/New_York")) == "2026-03"
    assert month_of(moment, ZoneInfo("Europe/Tallinn")) == "2026-04"
