"""Terms of 30 calendar days in the Manager's time zone, from one hour of the day to the same hour."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from reference_server.rating.prices import DAYS


def term_end(started: float, zone: ZoneInfo) -> float:
    """When a term that began at `started` ends, seconds since the epoch.

    Where clocks are put forward over that hour, it ends as much later; where the hour comes twice, at the
    first.
    """
    begin = datetime.fromtimestamp(started, zone)
    return (begin + timedelta(days=DAYS)).timestamp()


def day_text(moment: float, zone: ZoneInfo) -> str:
    """A moment's day for people, as "2026-03-01"."""
    return f"{datetime.fromtimestamp(moment, zone):%Y-%m-%d}"
