"""Drives a search for the limit: steps out to the workers, figures back, until the search is done.

Looks at a `LoadGathering` whenever it is asked and never waits. The rules of the search are `limit_search`'s;
the fields of the report are `harness.results.LimitSearch`'s.
"""

import time
from collections.abc import Callable
from typing import Any

from harness.load.schedule.limit_search import BracketedSearch
from harness.load.swarm.load_gathering import LoadGathering
from harness.results import LimitSearch, SearchStep, TestCase
from harness.sip.timers import TimerSettings

LATE = 0.1  # seconds: a step whose last attempts began later than this says nothing of the target
SLOWER = 0.9
"""A step that made less than this share of its attempts says nothing of the target."""
PATIENCE = 5.0
"""Seconds beyond a step's own time in which its last attempts must end: the rest have failed. The RFC would
wait for Timer B, 32 s, in which a target works off what it has only put aside."""
CALM = 5.0  # seconds that calls of a step that was given up have to end before the next one
MEDIA_PACKET = 160  # bytes: 20 ms of G.711


class LimitDriver:
    """One search."""

    def __init__(
        self,
        gathering: LoadGathering,
        begin_step: Callable[[int, float, int], None],
        abandon_step: Callable[[int], None],
        tell: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`begin_step` is told number, rate and attempts of the next step; `abandon_step` the number of one
        that has failed already, so that nobody waits for its end; `tell` gets a line for each step.
        """
        settings = gathering.settings
        assert settings.search is not None
        self._gathering = gathering
        self._begin_step = begin_step
        self._abandon_step = abandon_step
        self._tell = tell
        self._clock = clock
        self._search = BracketedSearch(
            first_rate=settings.search.first_rate,
            attempts=settings.search.attempts,
            at_rest=settings.search.at_rest,
            ceiling=settings.search.ceiling,
            coarse_seconds=settings.search.coarse_seconds,
            confirm_seconds=settings.search.confirm_seconds,
        )
        self._number = 0
        self._begun = 0.0
        self._retransmissions_before = 0
        self._left = 0
        self._calm_at = 0.0
        self._steps: list[SearchStep] = []
        gathering.search = self.result()

    def is_over(self) -> bool:
        """Whether the search is done; begins the next step when the last one is over."""
        if len(self._steps) < self._number:
            if not self._step_is_over():
                return False
            self._record()
            self._calm_at = self._clock() + CALM
        if self._search.done:
            return True
        if self._gathering.total("in_progress") and self._clock() < self._calm_at:
            return False
        self._number += 1
        self._begun = self._clock()
        self._retransmissions_before = self._gathering.figures.retransmissions
        self._begin_step(self._number, self._search.rate, self._search.attempts)
        return False

    def result(self) -> LimitSearch:
        """What was found so far, with the fields of RFC 7502 section 5."""
        settings, search = self._gathering.settings, self._search
        assert settings.search is not None
        found = search.result
        return LimitSearch(
            test=self._test_case(),
            transport=settings.target.target.transport,
            initial_rate=settings.search.first_rate,
            attempts_per_step=settings.search.attempts,
            bracket_attempts=search.coarse_attempts,
            session_duration_s=settings.hold,
            media_streams=1 if settings.audio else 0,
            media_protocol="RTP" if settings.audio else "none",
            codec="PCMA" if settings.audio else "none",
            media_packet_bytes=MEDIA_PACKET if settings.audio else 0,
            media_relay=True if settings.audio else None,
            authentication=any(kind.challenged for kind in self._gathering.figures.kinds.values()),
            establishment_threshold_s=TimerSettings().timeout,
            steps=self._steps,
            rate_found=found if found is not None else search.highest,
            confirmed=found is not None,
            generator_limit=search.at_ceiling or bool(self._steps and self._steps[-1].void),
            baseline_rate=settings.search.baseline,
            mos_lowest=self._gathering.figures.media.mos_lowest,
        )

    # Below

    def _step_is_over(self) -> bool:
        workers = self._workers()
        if all(each["step"] == self._number and each["state"] == "at rest" for each in workers):
            return True
        longest = self._search.attempts / self._search.rate + self._gathering.settings.hold + PATIENCE
        slow = self._clock() > self._begun + longest
        if slow:
            self._left = self._sum("step_open")
        if slow or self._sum("step_failed") or self._late() > LATE:
            self._abandon_step(self._number)
        return slow

    def _workers(self) -> list[dict[str, Any]]:
        """Their last reports."""
        return [each for name, each in self._gathering.workers.items() if name not in self._gathering.lost]

    def _sum(self, key: str) -> int:
        """A number of this step's, over all workers."""
        return sum(int(each[key]) for each in self._workers() if each["step"] == self._number)

    def _late(self) -> float:
        """By how many seconds the latest attempt of this step began too late."""
        return max(
            (float(each["late"]) for each in self._workers() if each["step"] == self._number), default=0
        )

    def _record(self) -> None:
        left, self._left = self._left, 0
        made, failed = self._sum("step_made") + left, self._sum("step_failed") + left
        again = self._gathering.figures.retransmissions - self._retransmissions_before
        rate, attempts, phase = self._search.rate, self._search.attempts, self._search.phase
        took = self._clock() - self._begun
        void = self._void(made, failed, attempts)
        self._search.record(failed + bool(void), void)
        assert phase != "done"
        self._steps.append(
            SearchStep(
                phase=phase,
                rate=rate,
                attempts=made,
                failures=failed,
                retransmissions=again,
                achieved_rate=self._achieved(rate, made, attempts),
                duration_s=round(took, 2),
                passed=not failed and not void,
                void=void,
            )
        )
        self._gathering.search = self.result()
        outcome = void or (f"{failed} of {made} failed" if failed else f"{made} attempts, none failed")
        self._tell(f"{phase:8} {rate:>7,.0f} a second: {outcome}")

    def _achieved(self, rate: float, made: int, attempts: int) -> float:
        """Attempts per second that were made, from how late the last of them was."""
        return round(float(made / (attempts / rate + self._late())), 1)

    def _void(self, made: int, failed: int, attempts: int) -> str:
        """Why the step says nothing of the target; empty: it does."""
        if self._gathering.lost:
            return "a worker was lost"
        if self._late() > LATE:
            return f"the generator was {self._late() * 1000:.0f} ms late with its last attempt"
        if not failed and made < attempts * SLOWER:
            return f"only {made} of {attempts} attempts could be made"
        return ""

    def _test_case(self) -> TestCase:
        settings = self._gathering.settings
        assert settings.search is not None
        if settings.search.is_baseline:
            return "6.1"
        if settings.user == "RegistrationStorm":
            return "6.7"
        if settings.target.target.transport == "tls":
            return "6.5"
        return "6.4" if settings.audio else "6.2"
