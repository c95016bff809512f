"""What was heard in all calls with audio: the spread of MOS with all that it was computed from.

Measuring one call is the engine's work, the formula stands in `harness.media.e_model`; here calls are added
up. The five worst calls keep their own inputs, so that a bad score can be explained.
"""

from collections import defaultdict
from dataclasses import astuple, dataclass
from typing import Any, ClassVar, Self

from harness.load.figures.attempt import Attempt, HeardAudio
from harness.load.figures.tally import Tally

MOST_WORST = 5
"""How many of the worst calls are kept with their inputs."""
MOST_NAMES = 20
"""How many of the calls heard in a wrong place are named."""


@dataclass(frozen=True, slots=True, order=True)
class HeardCall:
    """One call's score and its inputs."""

    mos: float
    ended: float
    """Seconds since the epoch."""
    profile: str
    sent: int
    received: int
    lost: int
    late: int
    jitter_ms: float
    delay_ms: float
    foreign: int


class MediaFigures(Tally):
    """The audio of all calls that had some."""

    SUMS: ClassVar[tuple[str, ...]] = (
        "calls",
        "silent_calls",
        "sent",
        "received",
        "lost",
        "late",
        "foreign",
        "unknown",
        "calls_with_foreign",
        "mos_total",
        "delay_total_us",
        "jitter_total_us",
    )
    COUNTS: ClassVar[tuple[str, ...]] = ("distribution",)
    HIGHEST: ClassVar[tuple[str, ...]] = ("delay_ms_highest", "jitter_ms_highest", "loss_percent_highest")
    LOWEST: ClassVar[tuple[str, ...]] = ("mos_lowest",)

    calls: int
    silent_calls: int
    """Calls in which nothing was heard although audio was sent."""
    sent: int
    received: int
    lost: int
    late: int
    foreign: int
    """Packets with the audio of another call."""
    calls_with_foreign: int
    unknown: int
    """Packets with no call's audio in them: silence, announcements, noise."""
    mos_total: int
    """Sum of the scores, in ten-thousandths."""
    delay_total_us: int
    jitter_total_us: int
    distribution: defaultdict[str, int]
    """Calls by score, rounded down to a tenth: ``"4.3"``."""
    delay_ms_highest: float
    jitter_ms_highest: float
    loss_percent_highest: float
    mos_lowest: float | None

    def __init__(self) -> None:
        super().__init__()
        self.worst: list[HeardCall] = []
        """The worst calls, the worst first."""
        self.foreign_calls: set[str] = set()
        """Names of calls whose audio was heard in another."""

    def add(self, attempt: Attempt, heard: HeardAudio) -> None:
        """Count the audio of one call."""
        self.calls += 1
        self.sent += heard.sent
        self.received += heard.received
        self.lost += heard.lost
        self.late += heard.late
        self.unknown += heard.unknown
        mos = heard.mos
        ten_thousandths = int(mos * 10_000 + 0.5)
        self.mos_total += ten_thousandths
        self.distribution[_TENTHS[min(max(ten_thousandths // 1000, 0), 50)]] += 1
        self.delay_total_us += int(heard.delay_ms * 1000)
        self.jitter_total_us += int(heard.jitter_ms * 1000)
        if heard.delay_ms > self.delay_ms_highest:
            self.delay_ms_highest = heard.delay_ms
        if heard.jitter_ms > self.jitter_ms_highest:
            self.jitter_ms_highest = heard.jitter_ms
        if heard.lost or heard.late or not heard.received:
            self._add_loss(heard)
        if heard.foreign:
            self.foreign += heard.foreign
            self.calls_with_foreign += 1
            self._name(heard.foreign_calls)
        if self.mos_lowest is None or mos < self.mos_lowest:
            self.mos_lowest = mos
        if len(self.worst) < MOST_WORST or mos <= self.worst[-1].mos:
            self._keep_worst([_heard_call(attempt, heard)])

    def merge(self, other: Self) -> None:
        """Add all that `other` holds; `other` stays as it is."""
        super().merge(other)
        self._keep_worst(other.worst)
        self._name(other.foreign_calls)

    def to_json(self) -> dict[str, Any]:
        """What is not empty, as JSON holds it."""
        content = super().to_json()
        if self.worst:
            content["worst"] = [list(astuple(call)) for call in self.worst]
        if self.foreign_calls:
            content["foreign_calls"] = sorted(self.foreign_calls)
        return content

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Self:
        """The tally whose `to_json` is `content`."""
        own = {"worst", "foreign_calls"}
        made = super().from_json({name: value for name, value in content.items() if name not in own})
        made.worst = [HeardCall(*call) for call in content.get("worst", [])]
        made.foreign_calls = set(content.get("foreign_calls", ()))
        return made

    @property
    def mos_mean(self) -> float | None:
        """Mean score of all calls; None without any."""
        return self.mos_total / self.calls / 10_000 if self.calls else None

    @property
    def loss_percent(self) -> float | None:
        """Lost and late packets of all that were expected, in percent; None when none were."""
        expected = self.received + self.lost
        return 100 * (self.lost + self.late) / expected if expected else None

    def _add_loss(self, heard: HeardAudio) -> None:
        expected = heard.received + heard.lost
        if not heard.received and heard.sent:
            self.silent_calls += 1
        percent = 100.0 * (heard.lost + heard.late) / expected if expected else 100.0 * bool(heard.sent)
        self.loss_percent_highest = max(self.loss_percent_highest, percent)

    def _keep_worst(self, calls: list[HeardCall]) -> None:
        self.worst = sorted([*self.worst, *calls])[:MOST_WORST]

    def _name(self, calls: "set[str] | tuple[str, ...]") -> None:
        self.foreign_calls = set(sorted(self.foreign_calls.union(calls))[:MOST_NAMES])


def _heard_call(attempt: Attempt, heard: HeardAudio) -> HeardCall:
    return HeardCall(
        mos=heard.mos,
        ended=attempt.ended,
        profile=attempt.profile,
        sent=heard.sent,
        received=heard.received,
        lost=heard.lost,
        late=heard.late,
        jitter_ms=heard.jitter_ms,
        delay_ms=heard.delay_ms,
        foreign=heard.foreign,
    )


_TENTHS = [f"{tenth / 10:.1f}" for tenth in range(51)]
