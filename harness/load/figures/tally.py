"""Figures that add up: merged in any order they give the same, and they travel as small JSON.

A tally only names its fields by how they merge; `kind_figures`, `media_figures` and `time_slice` are the
tallies there are. Integers are kept where sums of floats would depend on the order.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, ClassVar, Self

from harness.load.figures.histogram import Histogram


class Tally:
    """Base of all tallies; a new one is empty."""

    SUMS: ClassVar[tuple[str, ...]] = ()
    """Integers that add up."""
    COUNTS: ClassVar[tuple[str, ...]] = ()
    """Integers by word."""
    HISTOGRAMS: ClassVar[tuple[str, ...]] = ()
    """Durations."""
    SORTED_HISTOGRAMS: ClassVar[tuple[str, ...]] = ()
    """Durations by word."""
    HIGHEST: ClassVar[tuple[str, ...]] = ()
    """Floats of which the highest stays; 0 while empty."""
    LOWEST: ClassVar[tuple[str, ...]] = ()
    """Floats of which the lowest stays; None while empty."""

    def __init__(self) -> None:
        for name in self.SUMS:
            setattr(self, name, 0)
        for name in self.COUNTS:
            setattr(self, name, defaultdict(int))
        for name in self.HISTOGRAMS:
            setattr(self, name, Histogram())
        for name in self.SORTED_HISTOGRAMS:
            setattr(self, name, defaultdict(Histogram))
        for name in self.HIGHEST:
            setattr(self, name, 0.0)
        for name in self.LOWEST:
            setattr(self, name, None)

    def merge(self, other: Self) -> None:
        """Add all that `other` holds; `other` stays as it is."""
        mine, theirs = self.__dict__, other.__dict__
        for name in self.SUMS:
            mine[name] += theirs[name]
        for name in self.COUNTS:
            for word, count in theirs[name].items():
                mine[name][word] += count
        for name in self.HISTOGRAMS:
            mine[name].merge(theirs[name])
        for name in self.SORTED_HISTOGRAMS:
            for word, histogram in theirs[name].items():
                mine[name][word].merge(histogram)
        for name in self.HIGHEST:
            mine[name] = max(mine[name], theirs[name])
        for name in self.LOWEST:
            mine[name] = lower(mine[name], theirs[name])

    def to_json(self) -> dict[str, Any]:
        """What is not empty, as JSON holds it."""
        content = {name: _plain(self.__dict__[name]) for name in self._names()}
        return {
            name: value for name, value in content.items() if value or (value == 0.0 and name in self.LOWEST)
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Self:
        """The tally whose `to_json` is `content`; raises KeyError when it is another's."""
        made = cls()
        fields = made.__dict__
        for name, value in content.items():
            current = fields[name]
            if isinstance(current, Histogram):
                fields[name] = Histogram.from_json(value)
            elif name in cls.SORTED_HISTOGRAMS:
                current.update({word: Histogram.from_json(flat) for word, flat in value.items()})
            elif isinstance(current, dict):
                current.update(value)
            else:
                fields[name] = value
        return made

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.to_json() == other.to_json()

    __hash__ = None  # type: ignore[assignment]  # it changes

    @classmethod
    def _names(cls) -> Iterable[str]:
        return (
            *cls.SUMS,
            *cls.COUNTS,
            *cls.HISTOGRAMS,
            *cls.SORTED_HISTOGRAMS,
            *cls.HIGHEST,
            *cls.LOWEST,
        )


def lower(one: float | None, other: float | None) -> float | None:
    """The lower of two figures, either of which may be missing."""
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def _plain(value: Any) -> Any:
    if isinstance(value, Histogram):
        return value.to_json()
    if isinstance(value, dict):
        return {word: _plain(each) for word, each in sorted(value.items())}
    return value
