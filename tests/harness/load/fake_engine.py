"""A load engine that keeps what it is told and does nothing: tests end attempts by hand, without time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from harness.load.figures.attempt import Attempt
from harness.load.load_settings import LoadSettings
from harness.load.work.load_work import Workplace
from harness.settings.target import TargetSettings

Done = Callable[[Attempt], None]


@dataclass
class Told:
    """One thing that a line was told to do."""

    what: str
    profile: str
    intended: float | None
    done: Done | None
    audio: Any = None
    hold: float | None = None


class FakeLine:
    """A line of the fake engine."""

    def __init__(self, engine: "FakeEngine", profile: str) -> None:
        self.on_incoming: Callable[[Any], None] | None = None
        self._engine = engine
        self._profile = profile

    def register(
        self, expires: int = 300, *, intended: float | None = None, done: Done | None = None
    ) -> None:
        """Remembers it."""
        self._engine.told.append(Told("register", self._profile, intended, done))

    def unregister(self, *, intended: float | None = None, done: Done | None = None) -> None:
        """Remembers it."""
        self._engine.told.append(Told("unregister", self._profile, intended, done))

    def options(self, *, intended: float | None = None, done: Done | None = None) -> None:
        """Remembers it."""
        self._engine.told.append(Told("options", self._profile, intended, done))

    def call(
        self,
        number: str,
        *,
        hold: float | None = 0.0,
        audio: Any = None,
        intended: float | None = None,
        done: Done | None = None,
    ) -> None:
        """Remembers it."""
        self._engine.in_progress += 1
        self._engine.told.append(Told(f"call {number}", self._profile, intended, done, audio, hold))


@dataclass
class FakeEngine:
    """Stands where `harness.load.generator.Generator` stands; its time goes on only when it is told to."""

    told: list[Told] = field(default_factory=list)
    on_attempt: list[Done] = field(default_factory=list)
    now: float = 1000.0
    in_progress: int = 0
    concurrent: int = 0
    loop_lag: float = 0.0
    judged: int = 0
    findings: list[Any] = field(default_factory=list)
    receive_buffer_asked: int = 4096
    receive_buffer_granted: int = 2048
    closed: bool = False

    def line(self, profile: Any) -> FakeLine:
        """A line of a profile."""
        return FakeLine(self, profile.sip_username)

    def close(self, patience: float) -> int:
        """Everything is answered for."""
        self.closed = True
        return 0

    def look_along(self) -> None:
        """There is nothing to take."""

    def sleep(self, seconds: float) -> None:
        """Time goes on, and calls that were up end as wanted."""
        self.now += max(seconds, 0.001)

    def finish(self, told: Told, cause: str = "") -> None:
        """What was told is over."""
        kind = told.what.split()[0]
        intended = self.now if told.intended is None else told.intended
        status = 200 if not cause else None
        answered = None if cause else self.now
        attempt = Attempt(
            kind, told.profile, intended, intended, answered, answered, status, cause, False, None, None,
            self.now, not cause, 0,
        )  # fmt: skip
        self.in_progress -= kind == "call"
        for listener in self.on_attempt:
            listener(attempt)
        if told.done is not None:
            told.done(attempt)


def workplace(
    engine: FakeEngine, *, profiles: int = 1, workers: int = 1, rank: int = 0, **options: Any
) -> Workplace:
    """Where a work works with the fake engine: profiles 0, 1 ... of four channels each, no control API."""
    target = TargetSettings.model_validate(
        {
            "target": {"address": "192.0.2.1:5060"},
            "profile": [
                {"sip_username": f"{number}", "password": "secret", "channels": 4}
                for number in range(profiles)
            ],
        }
    )
    settings = LoadSettings.made_of(target, {"profile_names": ("all",), **options})
    return Workplace(
        engine,
        settings,
        settings.shares(workers)[rank],
        audio=lambda tone: tone,
        answering=lambda **how: how,
        now=lambda: engine.now,
    )
