"""START HERE for what a load run measured: attempts go in, figures come out, at any moment.

Made for the hot path (a few microseconds an attempt) and for workers: `hand_over` gives what is new as small
JSON, `merge` adds it to another's, in any order. One attempt's shape is in `attempt`, the metrics of RFC 6076
are in `kind_figures`, the audio in `media_figures`. Judging the run is `validity`'s work, and `run_outcome`
makes the results.json of it.
"""

from typing import Any, ClassVar

from harness.load.figures.attempt import Attempt
from harness.load.figures.histogram import Histogram
from harness.load.figures.kind_figures import KindFigures
from harness.load.figures.media_figures import MediaFigures
from harness.load.figures.tally import Tally, lower
from harness.load.figures.time_slice import TimeSlice

MOST_SLICES = 1800
"""A longer run gets slices of 2, 4, 8 ... seconds, so that memory and results stay small."""

ON_TIME = 0.003
"""Seconds; a start that was this close to its intended time was on time."""

CALLS = ("call", "answer")
"""Kinds of attempts that are calls, ours and the target's."""
OFFERED = ("call", "register", "refresh", "unregister", "options", "scenario")
"""Kinds whose start our schedule decides; `answer` is offered by the target."""


class SourceFigures(Tally):
    """The attempts that left one of our addresses."""

    SUMS: ClassVar[tuple[str, ...]] = ("attempts", "throttled", "silent")

    attempts: int
    throttled: int
    """Refused with 429, or with 503 and Retry-After."""
    silent: int
    """Without any final response."""


class Figures:
    """Everything measured of a run, or of one worker's part since it last handed over."""

    def __init__(self) -> None:
        self.kinds: dict[str, KindFigures] = {}
        """By kind of attempt; see `Attempt.kind`."""
        self.media = MediaFigures()
        self.sources: dict[str, SourceFigures] = {}
        """By our own address; empty when attempts do not name one."""
        self.lateness = Histogram()
        """How late attempts started that were not `ON_TIME`: the generator's own delay."""
        self.step = 1
        """Seconds that one slice of time covers; a power of two."""
        self.slices: dict[int, TimeSlice] = {}
        """By number; slice n begins n x `step` seconds after the epoch."""
        self.first: float | None = None
        """Earliest intended start, in seconds since the epoch."""
        self.last = 0.0
        """Latest end, in seconds since the epoch."""

    def add(self, attempt: Attempt) -> None:
        """Count one finished attempt."""
        name, intended, started = attempt.kind, attempt.intended, attempt.started
        kind = self.kinds.get(name) or self.kinds.setdefault(name, KindFigures())
        waited = kind.add(attempt)
        late = started - intended
        if late > ON_TIME:
            self.lateness.add(late)
        if self.first is None or intended < self.first:
            self.first = intended
        ended = attempt.ended
        if ended > self.last:
            self.last = ended
        step, slices = self.step, self.slices
        planned = slices.get(int(intended) // step) or self._slice(intended)
        planned.offered[name] += 1
        planned.latency[name].add(waited)
        begun = planned if int(started) == int(intended) else self._slice(started)
        begun.started[name] += 1
        self._add_outcome(attempt, name)
        if attempt.media is not None:
            self.media.add(attempt, attempt.media)
        if attempt.source:
            self._add_source(attempt)

    def kind(self, name: str) -> KindFigures:
        """The figures of one kind of attempt, empty when there were none."""
        return self.kinds.get(name) or KindFigures()

    @property
    def calls(self) -> KindFigures:
        """Outgoing calls: the ones RFC 6076's session metrics are about."""
        return self.kind("call")

    @property
    def registrations(self) -> KindFigures:
        """Registrations and their refreshes together, removals not."""
        together = KindFigures()
        for name in ("register", "refresh"):
            if name in self.kinds:
                together.merge(self.kinds[name])
        return together

    @property
    def attempts(self) -> int:
        """All attempts of all kinds."""
        return sum(kind.attempts for kind in self.kinds.values())

    @property
    def failed(self) -> int:
        """All attempts that did not go as wanted."""
        return sum(kind.failed for kind in self.kinds.values())

    @property
    def retransmissions(self) -> int:
        """All requests sent again and 2xx repeated to us."""
        return sum(kind.retransmissions for kind in self.kinds.values())

    def concurrent(self) -> dict[int, int]:
        """Answered calls of both directions at the end of each slice, computed from finished calls alone.

        While a run goes on, ask the generator instead.
        """
        running, series = 0, {}
        for number in sorted(self.slices):
            part = self.slices[number]
            running += part.answered - part.over
            series[number] = running
        return series

    def merge(self, other: "Figures") -> None:
        """Add all that `other` holds; `other` stays as it is."""
        for name, kind in other.kinds.items():
            self.kinds.setdefault(name, KindFigures()).merge(kind)
        for name, source in other.sources.items():
            self.sources.setdefault(name, SourceFigures()).merge(source)
        self.media.merge(other.media)
        self.lateness.merge(other.lateness)
        self.first = lower(self.first, other.first)
        self.last = max(self.last, other.last)
        while self.step < other.step:
            self._coarsen()
        for number, part in other.slices.items():
            self.slices.setdefault(number * other.step // self.step, TimeSlice()).merge(part)
        while len(self.slices) > MOST_SLICES:
            self._coarsen()

    def hand_over(self) -> dict[str, Any]:
        """What is new since the last time, as JSON, and forget it: what a worker sends its master."""
        content = self.to_json()
        step = self.step
        self.__init__()  # type: ignore[misc]  # empty again, as the same object that others hold
        self.step = step
        return content

    def to_json(self) -> dict[str, Any]:
        """All figures as JSON holds them; what is empty is left out."""
        return {
            "kinds": {name: kind.to_json() for name, kind in sorted(self.kinds.items())},
            "sources": {name: source.to_json() for name, source in sorted(self.sources.items())},
            "media": self.media.to_json(),
            "lateness": self.lateness.to_json(),
            "first": self.first,
            "last": self.last,
            "step": self.step,
            "slices": [[number, part.to_json()] for number, part in sorted(self.slices.items())],
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "Figures":
        """The figures whose `to_json` is `content`."""
        made = cls()
        made.kinds = {name: KindFigures.from_json(kind) for name, kind in content["kinds"].items()}
        made.sources = {name: SourceFigures.from_json(part) for name, part in content["sources"].items()}
        made.media = MediaFigures.from_json(content["media"])
        made.lateness = Histogram.from_json(content["lateness"])
        made.first, made.last, made.step = content["first"], content["last"], content["step"]
        made.slices = {number: TimeSlice.from_json(part) for number, part in content["slices"]}
        return made

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Figures) and self.to_json() == other.to_json()

    __hash__ = None  # type: ignore[assignment]  # it changes

    def _slice(self, moment: float) -> TimeSlice:
        number = int(moment) // self.step
        found = self.slices.get(number)
        if found is None:
            self.slices[number] = TimeSlice()
            while len(self.slices) > MOST_SLICES:
                self._coarsen()
            found = self.slices[int(moment) // self.step]
        return found

    def _coarsen(self) -> None:
        halved: dict[int, TimeSlice] = {}
        for number, part in self.slices.items():
            into = halved.get(number // 2)
            if into is None:
                halved[number // 2] = part
            else:
                into.merge(part)
        self.slices = halved
        self.step *= 2

    def _add_outcome(self, attempt: Attempt, name: str) -> None:
        answered = attempt.answered
        decided = attempt.ended if answered is None else answered
        part = self.slices.get(int(decided) // self.step) or self._slice(decided)
        part.codes[attempt.code] += 1
        if attempt.retransmissions:
            part.retransmissions += attempt.retransmissions
        if attempt.cause and attempt.failed:
            part.failed += 1
        if answered is not None and name in CALLS:
            part.answered += 1
            end = self.slices.get(int(attempt.ended) // self.step) or self._slice(attempt.ended)
            end.over += 1
            if attempt.media is not None:
                mos = attempt.media.mos
                end.mos_total += int(mos * 10_000 + 0.5)
                end.mos_count += 1
                if end.mos_lowest is None or mos < end.mos_lowest:
                    end.mos_lowest = mos

    def _add_source(self, attempt: Attempt) -> None:
        source = self.sources.get(attempt.source) or self.sources.setdefault(attempt.source, SourceFigures())
        source.attempts += 1
        status = attempt.status
        if status is None:
            source.silent += 1
        elif status == 429 or (status == 503 and attempt.retry_after):
            source.throttled += 1
