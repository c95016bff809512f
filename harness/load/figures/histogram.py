"""Counts of durations in buckets that grow with the duration: percentiles within 1 %, and cheap to merge.

From 10 microseconds to an hour each bucket is 1 % wide and stands for its middle, so percentiles and mean
are at most 0.5 % off; the largest duration is kept as it was. Knows nothing of SIP; `kind_figures` and
`time_slice` own one for each metric.
"""

from collections import defaultdict
from collections.abc import Iterator
from math import log
from typing import Any

LOWEST = 1e-5
"""Seconds; all that is shorter counts as this."""
HIGHEST = 3600.0
"""Seconds; all that is longer stands in the last bucket."""
GROWTH = 1.01
"""Upper over lower end of a bucket; its middle is at most sqrt(1.01) - 1 = 0.5 % from anything in it."""

_PER_BUCKET = 1 / log(GROWTH)
_SHIFT = 1 - log(LOWEST) * _PER_BUCKET
_LAST = int(log(HIGHEST) * _PER_BUCKET + _SHIFT)


class Histogram:
    """Durations in seconds, added one at a time or by merging another histogram."""

    __slots__ = ("_buckets", "largest")

    def __init__(self) -> None:
        self._buckets: defaultdict[int, int] = defaultdict(int)
        self.largest = 0.0
        """Seconds; 0 while empty."""

    def add(self, seconds: float) -> None:
        """Count one duration in seconds; a negative one counts as 0."""
        if seconds > self.largest:
            self.largest = seconds
        if LOWEST < seconds < HIGHEST:
            self._buckets[int(log(seconds) * _PER_BUCKET + _SHIFT)] += 1
        else:
            self._buckets[0 if seconds < 1 else _LAST] += 1

    def merge(self, other: "Histogram") -> None:
        """Count all that `other` counted."""
        buckets = self._buckets
        for index, count in other._buckets.items():  # noqa: SLF001 - of the same class
            buckets[index] += count
        self.largest = max(self.largest, other.largest)

    @property
    def count(self) -> int:
        """How many durations were added."""
        return sum(self._buckets.values())

    @property
    def mean(self) -> float | None:
        """Seconds, at most 0.5 % off; None while empty."""
        total = sum(self._value(index) * count for index, count in sorted(self._buckets.items()))
        return total / self.count if self._buckets else None

    def percentile(self, percent: float) -> float | None:
        """The nearest-rank percentile in seconds, at most 0.5 % off; 100 is the largest. None while empty."""
        count = self.count
        if not count:
            return None
        if percent >= 100:
            return self.largest
        rank = max(1, -(-count * percent // 100))
        seen = 0
        for index, counted in sorted(self._buckets.items()):
            seen += counted
            if seen >= rank:
                return self._value(index)
        return self.largest

    def buckets(self) -> Iterator[tuple[float, int]]:
        """Each duration that was seen, in seconds and less than 1 % off, and how often; shortest first."""
        for index, counted in sorted(self._buckets.items()):
            yield self._value(index), counted

    def to_json(self) -> list[Any]:
        """The largest, then bucket and count by turns; [] while empty."""
        if not self._buckets:
            return []
        flat: list[Any] = [self.largest]
        for index in sorted(self._buckets):
            flat += (index, self._buckets[index])
        return flat

    @classmethod
    def from_json(cls, content: list[Any]) -> "Histogram":
        """The histogram whose `to_json` is `content`."""
        made = cls()
        if content:
            made.largest = content[0]
            made._buckets.update(zip(content[1::2], content[2::2], strict=True))
        return made

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Histogram) and self.to_json() == other.to_json()

    __hash__ = None  # type: ignore[assignment]  # it changes

    def _value(self, index: int) -> float:
        """What all in a bucket are taken for: its middle, but never more than the largest there was."""
        middle = LOWEST * GROWTH ** (index - 0.5) if index else 0.0
        return min(middle, self.largest)
