"""The reports of all workers put together, while a run goes on and at its end.

Lives in the process that gathers: Locust's master, or the only process. Makes the results.json of the run;
showing it is the command line's and `reports`' work. Knows no Locust.
"""

import importlib.metadata
import os
import platform
import time
from datetime import UTC, datetime
from typing import Any

from harness.load.figures.figures import Figures
from harness.load.load_settings import LoadSettings
from harness.load.outcome.run_outcome import LoadRun, make_load_result
from harness.load.outcome.sample_findings import SampleFindings
from harness.load.outcome.validity import evidence_of, worst_of
from harness.results import Evidence, LimitSearch, LoadResult, PassCriteria, TargetInfo

WINDOW = 3.0  # seconds over which the rates of the progress display are taken


class LoadGathering:
    """What is known of the whole run."""

    def __init__(self, settings: LoadSettings) -> None:
        self.settings = settings
        self.figures = Figures()
        self.workers: dict[str, dict[str, Any]] = {}
        """The last report of each worker, without its figures."""
        self.sample = SampleFindings()
        self.lost: set[str] = set()
        """Workers that went away before the end."""
        self.search: LimitSearch | None = None
        self.started = datetime.now(UTC)
        self.interrupted = False
        self._clock = time.monotonic()
        self._seen: list[tuple[float, int, int]] = []

    def take(self, report: dict[str, Any]) -> Figures:
        """Adds a worker's report; gives back the figures that were new in it."""
        new = Figures.from_json(report["figures"])
        self.figures.merge(new)
        self.sample.take(report["sample"])
        self.workers[report["worker"]] = {key: value for key, value in report.items() if key != "figures"}
        return new

    def lose(self, worker: str) -> None:
        """A worker went away; only those that had reported and were not done count."""
        known = self.workers.get(worker)
        if known is not None and known["state"] != "over":
            self.lost.add(worker)
            known["concurrent"] = known["in_progress"] = 0

    def all_in(self, *states: str) -> bool:
        """Whether every worker that is still there is in one of these states."""
        return all(each["state"] in states for name, each in self.workers.items() if name not in self.lost)

    def total(self, key: str) -> int:
        """A number of the last reports, added up."""
        return sum(int(each[key] or 0) for each in self.workers.values())

    @property
    def seconds(self) -> float:
        """How long the run has lasted."""
        return time.monotonic() - self._clock

    def progress(self) -> dict[str, Any]:
        """One line for whoever watches."""
        figures = self.figures
        now = self.seconds
        self._seen.append((now, figures.attempts, figures.failed))
        while len(self._seen) > 1 and self._seen[0][0] < now - WINDOW:
            self._seen.pop(0)
        (since, attempts, _), span = self._seen[0], now - self._seen[0][0]
        calls = figures.calls
        p99 = calls.request_delay.percentile(99)
        return {
            "seconds": round(now, 1),
            "of": round(self.settings.load_seconds, 1),
            "rate": round((figures.attempts - attempts) / span, 1) if span > 0.5 else 0.0,
            "since": round(since, 1),
            "attempts": figures.attempts,
            "failed": figures.failed,
            "concurrent": self.total("concurrent"),
            "in_progress": self.total("in_progress"),
            "retransmissions": figures.retransmissions,
            "srd_p99_ms": None if p99 is None else round(p99 * 1000, 1),
            "mos_lowest": figures.media.mos_lowest,
            "workers": len(self.workers) - len(self.lost),
            "lost": len(self.lost),
            "states": [each["state"] for each in self.workers.values()],
            "pids": [each.get("pid") for each in self.workers.values()],
        }

    def evidence(self) -> Evidence:
        """What was seen of all generators, and of the schedule."""
        reports = self.workers.values()
        worst = worst_of([Evidence.model_validate(each["evidence"]) for each in reports])
        planned = [each["planned"] for each in reports]
        whole = None if not planned or None in planned or self.lost else sum(planned)
        from_figures = evidence_of(self.figures, planned=whole)
        seen = from_figures.model_dump(include={"offered", "achieved", "lateness_p99_s", "sources"})
        return worst.model_copy(
            update={
                **{key: getattr(from_figures, key) for key in seen},
                "workers_lost": len(self.lost),
            }
        )

    def result(self) -> LoadResult:
        """The run as results.json keeps it."""
        settings = self.settings
        target = settings.target.target
        run = LoadRun(
            target=TargetInfo(
                name=target.name, address=target.address, transport=target.transport, domain=target.domain
            ),
            started=self.started,
            duration_s=round(self.seconds, 3),
            harness_version=_version("sip-harness"),
            profiles=[each.sip_username for each in settings.profiles()],
            command=settings.command,
            shape=settings.in_words(),
            workers=max(1, len(self.workers)),
            channel_limit=sum(each.channels for each in settings.profiles()),
            interrupted=self.interrupted,
            criteria=self._criteria(),
            sampled_calls=self.sample.judged,
            findings=self.sample.kept,
            findings_count=self.sample.count,
            findings_named=self.sample.named,
            search=self.search,
            environment=_environment(),
        )
        return make_load_result(run, self.figures, self.evidence())

    def _criteria(self) -> PassCriteria:
        criteria = PassCriteria.model_validate(self.settings.criteria.model_dump())
        if self.settings.search is not None:  # failing is what a search is after
            return PassCriteria(failed_share=None, findings=None)
        return criteria


def _environment() -> dict[str, str]:
    return {
        "cores": str(os.cpu_count()),
        "platform": platform.platform(),
        "python": platform.python_version(),
        "locust": _version("locust"),
    }


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
