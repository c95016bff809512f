"""The shape of a load in calls per second over time, and the words that users write for it.

``ramp 0..200 in 60s, hold 30s`` is read into straight pieces; how many calls are due by when follows by
arithmetic. Making arrivals of it is `arrivals`'s work. START HERE: `parse_shape`.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
LONGEST = 7 * 86400.0  # seconds; who wants more has mistyped
FASTEST = 100_000.0  # calls/s; no machine of today makes more from one generator
MOST_STEPS = 1000
EXAMPLES = (
    "'ramp 0..200 in 60s, hold 30s', 'steps 10..100 by 10 every 20s', 'soak 50 for 1h' "
    "or 'spike 20..200 after 30s for 5s'"
)
_NUMBER = r"(\d+(?:\.\d+)?)"
_TIME = r"(\d+(?:\.\d+)?)\s*(ms|s|min|m|h)"
_FORMS: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("ramp", re.compile(rf"ramp\s+{_NUMBER}\s*\.\.\s*{_NUMBER}\s+in\s+{_TIME}"), "ramp 0..200 in 60s"),
    ("hold", re.compile(rf"hold\s+{_TIME}"), "hold 30s"),
    (
        "steps",
        re.compile(rf"steps\s+{_NUMBER}\s*\.\.\s*{_NUMBER}\s+by\s+{_NUMBER}\s+every\s+{_TIME}"),
        "steps 10..100 by 10 every 20s",
    ),
    ("soak", re.compile(rf"soak\s+{_NUMBER}\s+for\s+{_TIME}"), "soak 50 for 1h"),
    (
        "spike",
        re.compile(rf"spike\s+{_NUMBER}\s*\.\.\s*{_NUMBER}\s+after\s+{_TIME}\s+for\s+{_TIME}"),
        "spike 20..200 after 30s for 5s",
    ),
)


class ShapeError(ValueError):
    """Words that are no shape: says which part, and what to write."""

    def __init__(self, part: str, reason: str) -> None:
        super().__init__(part, reason)
        self.part = part
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.part!r} is no shape: {self.reason}"


@dataclass(frozen=True, slots=True)
class Piece:
    """A straight piece: the rate goes from one value to another in so many seconds."""

    seconds: float
    start: float
    """Calls per second."""
    end: float

    @property
    def calls(self) -> float:
        """How many calls are due within it."""
        return (self.start + self.end) / 2 * self.seconds


@dataclass(frozen=True, slots=True)
class RateShape:
    """Calls per second over time, from 0 on; nothing is due behind its end."""

    pieces: tuple[Piece, ...]

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return sum(piece.seconds for piece in self.pieces)

    @property
    def peak(self) -> float:
        """The highest rate, calls per second."""
        return max((max(piece.start, piece.end) for piece in self.pieces), default=0.0)

    @property
    def calls(self) -> float:
        """How many calls are due in all."""
        return sum(piece.calls for piece in self.pieces)

    def rate(self, at: float) -> float:
        """Calls per second at a time; 0 outside."""
        for begin, piece in self._placed():
            if begin <= at < begin + piece.seconds:
                return piece.start + (piece.end - piece.start) * (at - begin) / piece.seconds
        return 0.0

    def due(self, at: float) -> float:
        """How many calls (a real number) are due from 0 to a time."""
        total = 0.0
        for begin, piece in self._placed():
            inside = min(max(at - begin, 0.0), piece.seconds)
            total += inside * (piece.start + (piece.end - piece.start) * inside / piece.seconds / 2)
        return total

    def when(self, count: float) -> float | None:
        """When so many calls (a real number) are due, None when that is never the case."""
        left = count
        for begin, piece in self._placed():
            if left <= piece.calls and piece.calls > 0:
                return begin + _time_within(piece, max(left, 0.0))
            left -= piece.calls
        return None

    def _placed(self) -> Iterator[tuple[float, Piece]]:
        begin = 0.0
        for piece in self.pieces:
            yield begin, piece
            begin += piece.seconds


class Walk:
    """A shape asked for one count after the other, each at least as high as the last: goes along its pieces,
    where `RateShape.when` begins at the first each time.
    """

    __slots__ = ("_begin", "_calls", "_due", "_piece", "_pieces")

    def __init__(self, shape: RateShape) -> None:
        self._pieces = iter(shape.pieces)
        self._piece: Piece | None = None
        self._begin = self._due = 0.0
        """Of the piece: its first second, and the calls due before it."""
        self._calls = 0.0
        self._step()

    def when(self, count: float) -> float | None:
        """As `RateShape.when`."""
        while self._piece is not None:
            left = count - self._due
            if left <= self._calls and self._calls > 0:
                return self._begin + _time_within(self._piece, left if left > 0.0 else 0.0)
            self._step()
        return None

    def _step(self) -> None:
        """Go to the next piece."""
        if self._piece is not None:
            self._begin += self._piece.seconds
            self._due += self._calls
        self._piece = next(self._pieces, None)
        self._calls = 0.0 if self._piece is None else self._piece.calls


def _time_within(piece: Piece, calls: float) -> float:
    """Solves ``start t + slope t**2 / 2 = calls``, in the form that keeps its digits for small slopes."""
    if piece.start == piece.end:
        return min(calls / piece.start, piece.seconds) if piece.start > 0 else 0.0
    slope = (piece.end - piece.start) / piece.seconds
    root = math.sqrt(max(piece.start * piece.start + 2 * slope * calls, 0.0))
    denominator = piece.start + root
    return min(2 * calls / denominator, piece.seconds) if denominator > 0 else 0.0


def steady(rate: float, seconds: float) -> RateShape:
    """One rate all the time."""
    return RateShape((Piece(seconds, rate, rate),))


def parse_seconds(text: str) -> float:
    """``90``, ``90s``, ``500ms``, ``10m``, ``1h`` in seconds. Raises `ShapeError`."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|min|m|h)?\s*", text)
    if found is None:
        raise ShapeError(text, "write a time as 90s, 500ms, 10m or 1h")
    return float(found.group(1)) * UNITS[found.group(2) or "s"]


def parse_shape(text: str) -> RateShape:
    """The shape that the words describe; parts stand one behind another, commas between.

    Raises `ShapeError`, which says what to write.
    """
    pieces: list[Piece] = []
    for part in (each.strip() for each in text.split(",")):
        if not part:
            raise ShapeError(text, f"there is nothing between two commas; write {EXAMPLES}")
        pieces += _pieces(part, pieces[-1].end if pieces else None)
    shape = RateShape(tuple(pieces))
    if shape.peak == 0:
        raise ShapeError(text, "no call is ever due; write a rate above 0")
    if shape.peak > FASTEST:
        raise ShapeError(text, f"{shape.peak:g} calls/s is too fast; write at most {FASTEST:g}")
    if shape.seconds > LONGEST:
        raise ShapeError(text, f"{shape.seconds:g} s is too long; write at most {LONGEST:g} s")
    return shape


def _pieces(part: str, before: float | None) -> list[Piece]:
    words = part.split()
    for name, form, example in _FORMS:
        if words[0].lower() != name:
            continue
        found = form.fullmatch(part.lower())
        if found is None:
            raise ShapeError(part, f"write it as {example!r}")
        return _positive(part, _BUILDERS[name](part, found.groups(), before))
    raise ShapeError(part, f"write {EXAMPLES}")


def _positive(part: str, pieces: list[Piece]) -> list[Piece]:
    if any(piece.seconds <= 0 for piece in pieces):
        raise ShapeError(part, "a time is 0; write one above 0, as 30s")
    return pieces


def _seconds(number: str, unit: str) -> float:
    return float(number) * UNITS[unit]


def _ramp(_part: str, words: tuple[str, ...], _before: float | None) -> list[Piece]:
    start, end, number, unit = words
    return [Piece(_seconds(number, unit), float(start), float(end))]


def _hold(part: str, words: tuple[str, ...], before: float | None) -> list[Piece]:
    if before is None:
        raise ShapeError(part, "there is no rate yet to hold; write 'soak 50 for 30s' to begin with one")
    return [Piece(_seconds(*words), before, before)]


def _steps(part: str, words: tuple[str, ...], _before: float | None) -> list[Piece]:
    low, high, by = (float(each) for each in words[:3])
    if by <= 0:
        raise ShapeError(part, "a step of 0 never gets there; write 'by' and a number above 0")
    count = math.floor(abs(high - low) / by + 1e-9) + 1
    if count > MOST_STEPS:
        raise ShapeError(part, f"these are {count} steps; write at most {MOST_STEPS}")
    direction = by if high >= low else -by
    rates = [low + direction * index for index in range(count)]
    return [Piece(_seconds(words[3], words[4]), rate, rate) for rate in rates]


def _soak(_part: str, words: tuple[str, ...], _before: float | None) -> list[Piece]:
    rate = float(words[0])
    return [Piece(_seconds(words[1], words[2]), rate, rate)]


def _spike(_part: str, words: tuple[str, ...], _before: float | None) -> list[Piece]:
    """The low rate, the peak, and the low rate again for as long as before."""
    low, high = float(words[0]), float(words[1])
    calm, peak = _seconds(words[2], words[3]), _seconds(words[4], words[5])
    return [Piece(calm, low, low), Piece(peak, high, high), Piece(calm, low, low)]


_BUILDERS = {"ramp": _ramp, "hold": _hold, "steps": _steps, "soak": _soak, "spike": _spike}
