"""US minute bundles: which numbers they pay for, how much one holds, and which month it is.

The guide's excluded prefixes are data (`us_excluded_prefixes.toml`). Numbers are US ones by the
`phonenumbers` package's knowledge, which also sees through the country code that the US shares with Canada
and the Caribbean. Counting what is left is `credit`'s work, granting each month the Manager's.
"""

import tomllib
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import PhoneNumberType

SECONDS_PER_BUNDLE = 5000 * 60
"""Skype's public pages: "5,000 minutes a month to US landlines and mobiles"."""
COUNTRY_CODE = "+1"
COVERED_TYPES = frozenset(
    (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
)
_FILE = Path(__file__).parent / "us_excluded_prefixes.toml"

EXCLUDED_PREFIXES: tuple[str, ...] = tuple(tomllib.loads(_FILE.read_text(encoding="utf-8"))["prefixes"])
"""National digits that the guide names, without its xxxx, in its order."""
_EXCLUDED = tuple(COUNTRY_CODE + prefix for prefix in EXCLUDED_PREFIXES)
REMEMBERED_NUMBERS = 16384


def is_us_geographic(number: str) -> bool:
    """Whether `number` (`+` and digits) is a landline or mobile of the United States: no toll-free or premium
    number, not Canada, the Caribbean or a US territory with a numbering plan of its own."""
    if not number.startswith(COUNTRY_CODE):
        return False
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return False
    if phonenumbers.region_code_for_number(parsed) != "US":
        return False
    return phonenumbers.number_type(parsed) in COVERED_TYPES


def is_excluded(number: str) -> bool:
    """Whether the guide excludes `number`: "Calls to these US prefixes will be charged at Skype's standard
    calling rates" (Quick Start Guide, note *)."""
    return number.startswith(_EXCLUDED)


@lru_cache(maxsize=REMEMBERED_NUMBERS)
def covers(number: str) -> bool:
    """Whether a US minute bundle pays for calls to `number`."""
    return is_us_geographic(number) and not is_excluded(number)


def month_of(now: float, zone: ZoneInfo) -> str:
    """The month in which `now` (seconds since the epoch) lies there, as "2026-03"."""
    return f"{datetime.fromtimestamp(now, zone):%Y-%m}"


def next_month(now: float, zone: ZoneInfo) -> float:
    """When the month after the one of `now` begins there, seconds since the epoch."""
    local = datetime.fromtimestamp(now, zone)
    year, month = (local.year, local.month + 1) if local.month < 12 else (local.year + 1, 1)
    return datetime(year, month, 1, tzinfo=zone).timestamp()
