"""The search for the highest rate without a failed attempt (RFC 7502 section 4.10), as a state machine.

`RateSearch` is the RFC's algorithm with its r, w and d; `BracketedSearch` brackets coarsely with few attempts
a step first, because the algorithm as written takes hours, and confirms at the number that the user asks for.
Nothing here sends: a driver makes `attempts` at `rate`, and tells `record` whether one of them failed.
"""

import math
from dataclasses import dataclass
from typing import Literal

FIRST_RATE = 100.0  # attempts/s: r of RFC 7502 section 4.10
FIRST_STEP = 0.10  # w of RFC 7502 section 4.10
SMALLEST_STEP = 0.10  # d and w never get below it
AT_REST = 10
"""So many successes without a new highest rate end the RFC's search."""
RFC_ATTEMPTS = 50_000
"""N of RFC 7502 section 4.10: attempts a step."""
FASTEST = 50_000.0  # attempts/s, where bracketing ends: no generator of ours gets there

COARSE_SECONDS, CONFIRM_SECONDS = 2.0, 5.0
"""A step lasts at least so long, whatever N: what a target has only put aside in a queue is no rate."""

Phase = Literal["bracket", "search", "confirm", "done"]


class RateSearch:
    """The algorithm of RFC 7502 section 4.10: ask `rate`, make the attempts, tell `record`."""

    def __init__(self, rate: float = FIRST_RATE, *, at_rest: int = AT_REST) -> None:
        if rate < 1:
            raise ValueError(f"the first rate is {rate:g} attempts/s; write 1 or more")
        self.rate = math.floor(rate)
        """Attempts per second of the next step."""
        self.highest = 0
        """The highest rate without a failure so far; 0: none."""
        self.successes_at_rest = 0
        self.done = False
        self._at_rest = at_rest
        self._up = FIRST_STEP
        self._down = max(SMALLEST_STEP, self._up / 2)

    def record(self, *, failed: bool) -> None:
        """The step at `rate` is over. Raises ValueError when the search is over."""
        if self.done:
            raise ValueError("the search is over; read `highest`")
        if failed:
            self.rate = math.floor(self.rate - self._down * self.rate)
            self._down = max(SMALLEST_STEP, self._down / 2)
            self._up = max(SMALLEST_STEP, self._up / 2)
            self.done = self.rate < 1
            return
        if self.rate > self.highest:
            self.highest = self.rate
            self.successes_at_rest = 0
        else:
            self.successes_at_rest += 1
        self.done = self.successes_at_rest >= self._at_rest
        # below 10 attempts/s a tenth is less than one: the RFC's floor would stand still for ever
        self.rate = max(math.floor(self.rate + self._up * self.rate), self.rate + 1)


@dataclass(frozen=True, slots=True)
class Step:
    """One step that was made."""

    phase: Phase
    rate: float
    """Attempts per second."""
    attempts: int
    failed: int
    """How many of them failed."""
    reason: str = ""
    """The commonest cause of failure, or why the step does not count as a success."""


class BracketedSearch:
    """Brackets by doubling, searches by the RFC's rules from there, confirms at the number asked for."""

    def __init__(
        self,
        *,
        first_rate: float = FIRST_RATE,
        attempts: int = RFC_ATTEMPTS,
        coarse_attempts: int = 0,
        at_rest: int = 2,
        ceiling: float = FASTEST,
        coarse_seconds: float = COARSE_SECONDS,
        confirm_seconds: float = CONFIRM_SECONDS,
    ) -> None:
        """`attempts` is N of the confirmation, `coarse_attempts` that of all steps before (0: a tenth).

        `at_rest` successes without progress end the coarse search (the RFC has 10); `ceiling` is the rate
        beyond which no answer is sought, as that of the generator itself (test 6.1). No step is shorter than
        its seconds.
        """
        if attempts < 1:
            raise ValueError(f"{attempts} attempts measure nothing; write 1 or more")
        self.phase: Phase = "bracket"
        self.rate = float(math.floor(max(first_rate, 1.0)))
        self.steps: list[Step] = []
        self._wanted = attempts
        self._coarse = min(attempts, coarse_attempts or max(1, attempts // 10))
        self._at_rest = at_rest
        self._seconds = coarse_seconds, confirm_seconds
        self._ceiling = float(max(math.floor(ceiling), 1))
        self._good = 0.0
        self._bad = 0.0
        self._search = RateSearch()
        self.rate = min(self.rate, self._ceiling)

    @property
    def attempts(self) -> int:
        """How many attempts the next step makes: N, or what its shortest time needs."""
        if self.phase == "confirm":
            return max(self._wanted, math.ceil(self.rate * self._seconds[1]))
        return max(self._coarse, math.ceil(self.rate * self._seconds[0]))

    @property
    def done(self) -> bool:
        return self.phase == "done"

    @property
    def result(self) -> float | None:
        """The confirmed rate in attempts per second; None: none yet, or not even 1/s goes without failure."""
        confirmed = [step.rate for step in self.steps if step.phase == "confirm" and not step.failed]
        return confirmed[-1] if confirmed else None

    @property
    def coarse_attempts(self) -> int:
        """N of the steps before the confirmation."""
        return self._coarse

    @property
    def highest(self) -> float | None:
        """The highest rate at which a step had no failure, confirmed or not; None: none."""
        return max((step.rate for step in self.steps if not step.failed), default=None)

    @property
    def at_ceiling(self) -> bool:
        """Whether the search was stopped by its ceiling and not by the target."""
        return self.result is not None and self.result >= self._ceiling

    def record(self, failed: int, reason: str = "") -> None:
        """The step at `rate` is over, with so many failed attempts. Raises ValueError when all is done."""
        if self.done:
            raise ValueError("the search is over; read `result`")
        self.steps.append(Step(self.phase, self.rate, self.attempts, failed, reason))
        match self.phase:
            case "bracket":
                self._bracketed(bool(failed))
            case "search":
                self._searched(bool(failed))
            case _:
                self._confirmed(bool(failed))

    def _bracketed(self, failed: bool) -> None:
        """Doubles until a step fails, or halves until one does not; then the RFC's search goes on."""
        if failed:
            self._bad = self.rate
        else:
            self._good = self.rate
        if not failed and self.rate >= self._ceiling:
            self.phase = "confirm"
        elif self._good and self._bad:
            self._begin_search()
        elif failed:
            self.rate = float(math.floor(self.rate / 2))
            self.phase = "bracket" if self.rate >= 1 else "done"
        else:
            self.rate = min(self.rate * 2, self._ceiling)

    def _begin_search(self) -> None:
        self._search = RateSearch(max(self._good * (1 + FIRST_STEP), self._good + 1), at_rest=self._at_rest)
        self._search.highest = int(self._good)
        self.phase, self.rate = "search", float(min(self._search.rate, self._ceiling))

    def _searched(self, failed: bool) -> None:
        self._search.record(failed=failed)
        self.rate = float(min(self._search.rate, self._ceiling))
        if self._search.done or self._search.highest >= self._ceiling:
            self.rate = float(min(self._search.highest, self._ceiling))
            self.phase = "confirm" if self.rate >= 1 else "done"

    def _confirmed(self, failed: bool) -> None:
        if not failed:
            self.phase = "done"
            return
        self.rate = float(math.floor(self.rate - SMALLEST_STEP * self.rate))
        self.phase = "confirm" if self.rate >= 1 else "done"
