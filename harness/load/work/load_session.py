"""One worker process at work: arrivals and ticks for its work, figures and evidence of what came of it.

Waits only through the `sleep` it is given, so that it runs under Locust's gevent and, in tests, anywhere.
What one arrival does is `load_work`'s business, the wire that of `generator`; the reports of all workers come
together in `load_gathering`.
"""

import random
from collections.abc import Callable
from typing import Any, Literal

from harness.load.figures.attempt import Attempt
from harness.load.figures.figures import Figures
from harness.load.load_settings import FILL_RATE
from harness.load.outcome.kernel_counters import receive_buffer_errors
from harness.load.outcome.sample_findings import as_json
from harness.load.schedule.arrivals import Arrivals
from harness.load.schedule.shapes import RateShape, steady
from harness.load.work.load_work import AnsweringWork, Work
from harness.load.work.processor_time import ProcessorTime

State = Literal["beginning", "running", "settling", "at rest", "over"]
LONGEST_SLEEP = 0.05  # seconds between two looks at what the user wants
SHORTEST_SLEEP = 0.002
"""Seconds between two starts of arrivals; those that fall between start together at a higher rate, and their
answers are then read together. A wake-up for each was a fifth of the CPU of a call at 2,000 calls/s."""
TICK = 0.1  # seconds between two ticks of the work
BATCH = 100
"""Arrivals that are started before the engine's socket is looked at again."""
REGISTRATION_PATIENCE = 40.0  # seconds: longer than Timer F, so that the engine itself gives up first
SETTLE_PATIENCE = 35.0  # seconds beyond the hold that calls have to end by themselves: Timer B and more
CLOSE_PATIENCE = 4.0  # seconds for the answers to BYE, CANCEL and the removal of bindings


class LoadSession:
    """The load of one process. `run` makes it, in a greenlet or thread of its own; `drain` ends it."""

    def __init__(
        self,
        work: Work,
        *,
        sleep: Callable[[float], object],
        rng: random.Random | None = None,
        name: str = "local",
    ) -> None:
        self.name = name
        self.work = work
        self.engine = work.place.engine
        self.settings = work.place.settings
        self.share = work.place.share
        self.batch = Figures()
        """What is new since the last report."""
        self.state: State = "beginning"
        self.step = 0
        """Number of the step of a search for the limit that was begun last."""
        self.step_made = 0
        """Attempts of that step that are over."""
        self.step_failed = 0
        self.unanswered = 0
        """Calls and bindings that nobody answered for when the session was closed."""
        self._sleep = sleep
        self._rng = rng
        self._now = work.place.now
        self._arrivals: Arrivals | None = None
        self._taken_before = 0
        self._stop = False
        self._abandoned = False
        self._step_began = 0.0
        self._next_tick = 0.0
        self._lag = 0.0
        self._judged_told = self._findings_told = 0
        self._lost_before = receive_buffer_errors()
        self._processor = ProcessorTime()
        self._late = 0.0
        self.engine.on_attempt.append(self._count)

    def run(self) -> None:
        """Makes the whole load and lets its calls end; returns when nothing is in progress any more."""
        self._begin()
        if self.settings.search is None and not self._stop:
            self.state = "running"
            self._schedule(self.shape())
        while not self._stop:
            self._go_on()
            if self._exhausted() or (self._abandoned and self.state == "running"):
                self._settle()
                if self.settings.search is None:
                    return

    def begin_step(self, number: int, rate: float, attempts: int) -> None:
        """One step of a search: so many attempts (of all workers together) at a rate."""
        self.step = number
        self.step_made = self.step_failed = 0
        self._step_began = self._now()
        self._late = 0.0
        self._abandoned = False
        self.state = "running"
        self._schedule(steady(rate, attempts / rate))

    def abandon_step(self, number: int) -> None:
        """Starts nothing more in that step: it has failed. Its calls end when they like."""
        if number == self.step and self.state in ("running", "settling"):
            self._abandoned = True

    def drain(self, patience: float = CLOSE_PATIENCE) -> None:
        """Ends what is in progress: BYE, CANCEL, and the removal of bindings. Later calls do nothing."""
        if self.state == "over":
            return
        self._stop = True
        if isinstance(self.work, AnsweringWork):
            self.work.close()
        self._processor.rest()
        self.unanswered = self.engine.close(patience)
        self.state = "over"

    def shape(self) -> RateShape:
        """The schedule: that of the settings, or what keeps channels full."""
        settings = self.settings
        if settings.user != "MixedChannels":
            return settings.shape()
        channels = sum(part.channels for part in self.share.profiles) * self.share.count
        needed = 2 * channels / max(settings.hold, 0.1)
        return steady(max(settings.rate or FILL_RATE, needed), settings.duration)

    def planned(self) -> int | None:
        """How many attempts the schedule has wanted so far; None: the target decides that too."""
        if self._arrivals is None or self.settings.search is not None or isinstance(self.work, AnsweringWork):
            return None
        return self._taken_before + self._arrivals.taken

    @property
    def step_open(self) -> int:
        """Attempts of the step of a search that are not over."""
        return 0 if self._arrivals is None else self._arrivals.taken - self.step_made

    def report(self) -> dict[str, Any]:
        """What is new, as JSON: for whoever gathers the reports of all workers."""
        self._lag = max(self._lag, self.engine.loop_lag)
        self._processor.measure()
        granted = self.engine.receive_buffer_granted
        lost = receive_buffer_errors()
        return {
            "worker": self.name,
            "index": self.share.index,
            "state": self.state,
            "step": self.step,
            "step_made": self.step_made,
            "step_failed": self.step_failed,
            "step_open": self.step_open,
            "figures": self.batch.hand_over(),
            "planned": self.planned(),
            "late": self._late,
            "concurrent": self.engine.concurrent,
            "in_progress": self.engine.in_progress,
            "unanswered": self.unanswered,
            "sample": self._new_sample(),
            "evidence": {
                "loop_lag_s": self._lag,
                "cpu_share": self._processor.share,
                "cpu_seconds": self._processor.seconds,
                "receive_errors": None
                if lost is None or self._lost_before is None
                else lost - self._lost_before,
                "receive_buffer_asked": self.engine.receive_buffer_asked,
                "receive_buffer_granted": granted,
                **self._exhaustion(),
            },
        }

    # Below

    def _begin(self) -> None:
        ready = False

        def done() -> None:
            nonlocal ready
            ready = True

        self.work.begin(done)
        deadline = self._now() + REGISTRATION_PATIENCE
        while not ready and not self._stop and self._now() < deadline:
            self._sleep(0.01)

    def _schedule(self, shape: RateShape) -> None:
        if self._arrivals is not None:
            self._taken_before += self._arrivals.taken
        self._arrivals = Arrivals(
            shape,
            start=self._now(),
            share=self.share.index,
            shares=self.share.count,
            spacing=self.settings.arrivals,
            rng=self._rng,
        )
        self._processor.begin()

    def _go_on(self) -> None:
        now = self._now()
        pause = LONGEST_SLEEP
        if self._arrivals is not None:
            for intended in () if self._abandoned else self._arrivals.take_due(now, BATCH):
                self.work.arrive(intended)
                self._late = now - intended
            if self._arrivals.next_at is not None:
                pause = self._arrivals.next_at - self._now()
        if now >= self._next_tick:
            self._next_tick = now + TICK
            self.work.tick(now)
        self.engine.look_along()
        self._sleep(min(max(pause, SHORTEST_SLEEP), LONGEST_SLEEP))

    def _exhausted(self) -> bool:
        return self.state == "running" and self._arrivals is not None and self._arrivals.next_at is None

    def _settle(self) -> None:
        """No new calls; those that are up end when they have been held as long as wanted."""
        if self.settings.search is None:
            self._processor.rest()
        self.state = "settling"
        deadline = self._now() + self.settings.hold + SETTLE_PATIENCE
        while self._is_busy() and self._now() < deadline:
            self.work.tick(self._now())
            self._sleep(LONGEST_SLEEP)
        if self.state == "settling":
            self.state = "at rest"

    def _is_busy(self) -> bool:
        if self._stop or self._abandoned:
            return False
        return bool(self.step_open if self.step else self.engine.in_progress or self.work.awaited)

    def _count(self, attempt: Attempt) -> None:
        self.batch.add(attempt)
        if self.step and attempt.intended >= self._step_began:
            self.step_made += 1
            self.step_failed += attempt.failed

    def _new_sample(self) -> dict[str, Any]:
        """What the checks said of sampled calls since the last report."""
        judged, findings = self.engine.judged, self.engine.findings
        new = {
            "judged": judged - self._judged_told,
            "findings": [as_json(each) for each in findings[self._findings_told :]],
        }
        self._judged_told, self._findings_told = judged, len(findings)
        return new

    def _exhaustion(self) -> dict[str, int]:
        names = ("descriptors_exhausted", "ports_exhausted")
        return {name: getattr(self.engine, name) for name in names if hasattr(self.engine, name)}
