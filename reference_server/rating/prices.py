"""The operator's price list: what channels, bundles and Online Numbers cost, and which numbers are for sale.

A TOML file that the operator edits (`price_lists/standard.toml` is the built-in one). What calls cost is
`tariff`'s; who buys what, and which numbers are taken, is the Manager's knowledge.
"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from harness.settings.errors import MistakeAt
from harness.settings.toml_file import load_toml
from harness.settings.toml_table import ListAsTuple, StrictTable, refuse_repeated
from reference_server.rating.amount import Amount

STANDARD = Path(__file__).parent / "price_lists" / "standard.toml"
DAYS = 30
"""Days that a channel subscription and an Online Number are paid for, as Skype's public pages said."""
MOST_NUMBERS = 1000
"""Numbers of one block of the stock."""


class Area(StrictTable):
    """One `[[country.area]]` table: a block of numbers for sale."""

    name: Annotated[str, Field(min_length=1, max_length=60, description='a name in quotes, as "London"')]
    first: Annotated[
        str,
        Field(pattern=r"^\+[1-9][0-9]{5,14}$", description='the first number in quotes, as "+442079460700"'),
    ]
    count: Annotated[int, Field(ge=1, le=MOST_NUMBERS, description="how many numbers, 1 to 1000")] = 1

    def numbers(self) -> Iterator[str]:
        """All numbers of the block."""
        first = int(self.first)
        return (f"+{number}" for number in range(first, first + self.count))

    def has(self, number: str) -> bool:
        """Whether `number` is in the block."""
        return len(number) == len(self.first) and 0 <= int(number) - int(self.first) < self.count


class Country(StrictTable):
    """One `[[country]]` table: where Online Numbers are sold."""

    code: Annotated[str, Field(pattern=r"^[A-Z]{2}$", description='two capital letters, as "GB"')]
    name: Annotated[str, Field(min_length=1, max_length=60, description='a name, as "United Kingdom"')]
    number: Annotated[Amount, Field(description='an amount in quotes, as "4.50"')]
    """Micro-units for an Online Number for 30 days."""
    area: Annotated[
        tuple[Area, ...], ListAsTuple, Field(description="[[country.area]] above each block of numbers")
    ]


class Prices(StrictTable):
    """The whole file."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", description='three capital letters, as "EUR"')]
    timezone: Annotated[str, Field(description='a name of the time zone database, as "Europe/Tallinn"')]
    """Where months and days begin."""
    channel: Annotated[Amount, Field(description='an amount in quotes, as "5.95"')]
    """Micro-units for one channel for 30 days."""
    us_minute_bundle: Annotated[Amount, Field(description='an amount in quotes, as "39.95"')]
    """Micro-units for one bundle of 5,000 minutes a month, for the term of the subscription."""
    country: Annotated[
        tuple[Country, ...], ListAsTuple, Field(description="[[country]] above the keys of each country")
    ] = ()

    @classmethod
    def load(cls, path: Path | None = None) -> Self:
        """The price list in the file `path`, or the built-in one.

        Raises `SettingsError` that names the file, the line, the key, what was seen and what to write.
        """
        return load_toml(path or STANDARD, cls)

    @property
    def zone(self) -> ZoneInfo:
        """`timezone`, read."""
        return ZoneInfo(self.timezone)

    def country_named(self, code: str) -> Country | None:
        """The country with this code."""
        return next((one for one in self.country if one.code == code), None)

    def country_of(self, number: str) -> Country | None:
        """The country that sells `number`."""
        return next((one for one in self.country if any(area.has(number) for area in one.area)), None)

    def area_of(self, number: str) -> Area | None:
        """The block in which `number` is."""
        areas = (area for country in self.country for area in country.area)
        return next((area for area in areas if area.has(number)), None)

    @field_validator("timezone")
    @classmethod
    def _timezone_is_known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError('write a name of the time zone database, as "Europe/Tallinn"') from None
        return value

    @model_validator(mode="after")
    def _countries_are_named_once(self) -> Self:
        codes = (country.code for country in self.country)
        refuse_repeated("country", "code", codes, "the code", "put all areas of a country under it")
        return self

    @model_validator(mode="after")
    def _numbers_are_sold_once(self) -> Self:
        blocks: list[tuple[int, int, tuple[Any, ...]]] = []
        for place, country in enumerate(self.country):
            for position, area in enumerate(country.area):
                where = ("country", place, "area", position, "first")
                blocks.append((int(area.first), area.count, where))
        blocks.sort()
        for (first, count, _), (other, _, where) in pairwise(blocks):
            if other < first + count:
                words = f"+{other} is in the block that begins with +{first} too"
                raise MistakeAt(where, words, "let each block begin behind the other")
        return self
