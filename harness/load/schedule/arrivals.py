"""Open-loop arrivals: when the next call is due, whatever became of those before.

Even or Poisson; both follow a `RateShape` exactly, because they count due calls and ask the shape when
the next number is reached. Nothing here waits: a driver asks `take_due` and sleeps until `next_at`.
"""

import math
import random
from typing import Literal

from harness.load.schedule.shapes import RateShape, Walk

Spacing = Literal["even", "poisson"]
MIDDLE = 0.5
"""An even call n is due when n + 0.5 calls are: so 10 calls/s for a second are 10 calls, none on the edge."""


class Arrivals:
    """The arrivals of one worker process: its share of the shape's calls."""

    def __init__(
        self,
        shape: RateShape,
        *,
        start: float,
        share: int = 0,
        shares: int = 1,
        spacing: Spacing = "even",
        rng: random.Random | None = None,
    ) -> None:
        """`start` is the shape's second 0 on the caller's clock; the process is number `share` of `shares`.

        Even: call number n of the whole load goes to share n modulo shares, so that all together are even
        too. Poisson: each share draws its own gaps, and the sum of Poisson processes is one.
        """
        self._walk = Walk(shape)
        self._start = start
        self._spacing = spacing
        self._shares = shares
        self._rng = rng or random.Random()  # spacing, not secrets
        self._count = share + MIDDLE - shares if spacing == "even" else 0.0
        self.taken = 0
        """How many arrivals were handed out."""
        self.next_at: float | None = self._draw()
        """When the next call is due; None: no more."""

    def take_due(self, now: float, most: int = 10_000) -> list[float]:
        """The intended times that have come and were not handed out before, oldest first."""
        due: list[float] = []
        while self.next_at is not None and self.next_at <= now and len(due) < most:
            due.append(self.next_at)
            self.next_at = self._draw()
        self.taken += len(due)
        return due

    def _draw(self) -> float | None:
        """The next arrival. Time rescaling: arrivals of unit rate, seen through the shape's count of due
        calls, come at the shape's rate.
        """
        if self._spacing == "poisson":
            self._count -= math.log(1.0 - self._rng.random()) * self._shares
        else:
            self._count += self._shares
        at = self._walk.when(self._count)
        return None if at is None else self._start + at
