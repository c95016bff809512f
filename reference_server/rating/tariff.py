"""The table of rates: what a minute to which prefix costs, longest prefix first.

Read from a TOML file that the operator edits (`tariffs/standard.toml` is the built-in one). Which calls
bundles pay for is `us_bundle`'s knowledge, what a whole call costs is `charge`'s; free numbers are in the
dialect.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from harness.settings.errors import MistakeAt
from harness.settings.toml_file import load_toml
from harness.settings.toml_table import ListAsTuple, StrictTable, refuse_repeated
from reference_server.ledger.money import money_text
from reference_server.rating.amount import Amount

STANDARD = Path(__file__).parent / "tariffs" / "standard.toml"
EVERYWHERE = "+"
"""The prefix of the row that counts where no other does."""
LONGEST_STEP = 3600
"""Seconds."""
REMEMBERED_NUMBERS = 16384


@dataclass(frozen=True, slots=True)
class Rate:
    """One row of the table."""

    prefix: str
    """`+` and digits; `+` alone is everywhere else."""
    name: str
    per_minute: int
    """Micro-units."""
    setup: int
    """Micro-units once for a call that is answered."""
    step: int
    """Seconds: each started one is paid whole."""
    text: str = field(init=False, compare=False)
    """The row as people read it in a call record."""

    def __post_init__(self) -> None:
        setup = f"{money_text(self.setup)} + " if self.setup else ""
        object.__setattr__(
            self, "text", f"{self.name} ({self.prefix}) {setup}{money_text(self.per_minute)}/min"
        )

    def cost(self, seconds: int) -> int:
        """Micro-units for an answered call of `seconds`, per started step, the first always; rounded up."""
        steps = -(-seconds // self.step) if seconds > 0 else 1
        return self.setup - (-self.per_minute * self.step * steps // 60)

    def whole_steps(self, seconds: int) -> int:
        """`seconds` and what is missing to the next whole step."""
        return -(-seconds // self.step) * self.step

    def seconds_for(self, money: int) -> int:
        """How long a call may be that costs at most `money`, in whole steps.

        Raises ZeroDivisionError for a rate without a price by the minute: that is for ever.
        """
        return max(0, (money - self.setup) * 60 // (self.per_minute * self.step)) * self.step


class RateRow(StrictTable):
    """One `[[rate]]` table."""

    prefix: Annotated[
        str,
        Field(
            pattern=r"^\+[0-9]{0,15}$", description='+ and the first digits in quotes, as "+44"; "+" = all'
        ),
    ]
    name: Annotated[
        str, Field(min_length=1, max_length=60, description='a name in quotes, as "United Kingdom landline"')
    ]
    per_minute: Annotated[Amount, Field(description='an amount in quotes, as "0.017"')]
    setup: Annotated[Amount, Field(description='an amount in quotes, as "0.039"')] = 0
    step: Annotated[
        int, Field(ge=1, le=LONGEST_STEP, description="seconds paid at a time, 1 to 3600: 60 or 1")
    ] = 60

    def rate(self) -> Rate:
        """The row as calls are rated by it."""
        return Rate(self.prefix, self.name, self.per_minute, self.setup, self.step)


class TariffFile(StrictTable):
    """The whole file."""

    rate: Annotated[
        tuple[RateRow, ...],
        ListAsTuple,
        Field(description="[[rate]], in two brackets, above the keys of each prefix"),
    ]

    @model_validator(mode="after")
    def _prefixes_are_unique(self) -> Self:
        prefixes = (row.prefix for row in self.rate)
        refuse_repeated("rate", "prefix", prefixes, "the prefix", "leave one of them out")
        return self

    @model_validator(mode="after")
    def _everywhere_has_a_rate(self) -> Self:
        if not any(row.prefix == EVERYWHERE for row in self.rate):
            words = "no row for all other numbers"
            raise MistakeAt(("rate",), words, 'write a [[rate]] with prefix = "+" too')
        return self


class Tariff:
    """All rates, found by number."""

    def __init__(self, rates: Iterable[Rate]) -> None:
        """Raises ValueError without a row for everywhere else."""
        self._rates = {rate.prefix: rate for rate in rates}
        if EVERYWHERE not in self._rates:
            raise ValueError(f"a tariff needs a rate with the prefix {EVERYWHERE!r} for all other numbers")
        self._lengths = sorted({len(prefix) for prefix in self._rates}, reverse=True)
        self.rate_of = lru_cache(maxsize=REMEMBERED_NUMBERS)(self.find)
        """`find`, remembering what it found."""

    @classmethod
    def load(cls, path: Path | None = None) -> Self:
        """The tariff in the file `path`, or the built-in one.

        Raises `SettingsError` that names the file, the line, the key, what was seen and what to write.
        """
        return cls(row.rate() for row in load_toml(path or STANDARD, TariffFile).rate)

    @property
    def rates(self) -> list[Rate]:
        """All rows, by prefix."""
        return [self._rates[prefix] for prefix in sorted(self._rates)]

    def find(self, number: str) -> Rate:
        """The rate of the longest prefix of `number` (`+` and digits)."""
        for length in self._lengths:
            rate = self._rates.get(number[:length])
            if rate is not None:
                return rate
        return self._rates[EVERYWHERE]
