"""Two runs side by side: which requirements changed their verdict, which times and rates changed.

Runs of scenarios (those of `run_result`, certifications and judged captures included) or load runs. Pure;
`harness.cli.compare` prints it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Literal

from pydantic import Field

from harness.results.load_result import LoadResult, LoadVerdict
from harness.results.run_result import ResultModel, RunResult, Text
from harness.results.verdict import JUDGED, Verdict

Way = Literal["worse", "better", "other"]
"""What a change means; *other* is neither, as from not judged to passed."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Which changes of figures count."""

    percent: float = 20.0
    """A time or rate must change by more than this ..."""
    milliseconds: float = 100.0
    """... and a time by more than this too: short times vary by large shares."""


class VerdictChange(ResultModel):
    """One requirement, or the run as a whole, whose verdict is another."""

    id: Text
    """Id of the requirement; ``the run`` for the whole."""
    level: Text = ""
    """How much it binds."""
    title: Text = ""
    """A few words."""
    old: Text
    """Its verdict in the old run; empty when the old run does not have it."""
    new: Text
    """Its verdict in the new run; empty when the new run does not have it."""
    way: Way
    """Worse, better, or neither."""


class FigureChange(ResultModel):
    """One time or rate that changed by more than the threshold."""

    name: Text
    """Which."""
    unit: Text
    """``ms``, ``s``, ``%``, ``per second``."""
    old: float
    """Its value in the old run."""
    new: float
    """Its value in the new run."""
    percent: float | None
    """Change in percent of the old value; null when that was zero."""
    way: Way
    """Worse, better, or neither."""


class Comparison(ResultModel):
    """What changed between two runs."""

    old: Text
    """The old run's target and date."""
    new: Text
    """The new run's target and date."""
    verdicts: list[VerdictChange] = Field(default_factory=list)
    """Requirements whose verdict changed, worse ones first."""
    figures: list[FigureChange] = Field(default_factory=list)
    """Times and rates that changed, worse ones first."""
    remarks: list[Text] = Field(default_factory=list)
    """What makes the two hard to compare."""

    @property
    def ways(self) -> list[Way]:
        """What each change means."""
        return [each.way for each in self.verdicts] + [each.way for each in self.figures]

    @property
    def got_worse(self) -> bool:
        """Whether anything is worse than it was."""
        return "worse" in self.ways


_WORST_FIRST: dict[Way, int] = {"worse": 0, "better": 1, "other": 2}


def compare_scenarios(old: RunResult, new: RunResult, thresholds: Thresholds) -> Comparison:
    """What changed between two runs of scenarios; times are those of scenarios that passed in both."""
    remarks = []
    if old.catalogue_version != new.catalogue_version:
        remarks.append(f"requirement catalogues differ: {old.catalogue_version}, {new.catalogue_version}")
    if old.fault != new.fault:
        remarks.append(f"faults on purpose: {old.fault or 'none'}, {new.fault or 'none'}")
    figures = list(_durations(old, new, thresholds))
    return Comparison(
        old=_name(old),
        new=_name(new),
        verdicts=sorted(_requirement_changes(old, new), key=lambda each: _WORST_FIRST[each.way]),
        figures=sorted(figures, key=lambda each: _WORST_FIRST[each.way]),
        remarks=remarks,
    )


def compare_loads(old: LoadResult, new: LoadResult, thresholds: Thresholds) -> Comparison:
    """What changed between two load runs: verdict, criteria, metrics, latencies, rates."""
    remarks = [
        f"the {which} run is void: {'; '.join(reason.seen for reason in run.reasons)}"
        for which, run in (("old", old), ("new", new))
        if run.verdict is LoadVerdict.VOID
    ]
    if old.shape != new.shape:
        remarks.append(f"loads differ: {old.shape or 'unknown'}, {new.shape or 'unknown'}")
    figures = [
        change
        for name, (value, unit, high_is_good) in _load_figures(new).items()
        for before, _, _ in [_load_figures(old).get(name, (None, "", None))]
        if (change := _figure(name, unit, before, value, high_is_good, thresholds)) is not None
    ]
    return Comparison(
        old=_name(old),
        new=_name(new),
        verdicts=list(_load_verdicts(old, new)),
        figures=sorted(figures, key=lambda each: _WORST_FIRST[each.way]),
        remarks=remarks,
    )


def _name(run: RunResult | LoadResult) -> str:
    return f"{run.target.name}, {run.started.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _requirement_changes(old: RunResult, new: RunResult) -> Iterator[VerdictChange]:
    before = {each.id: each for each in old.requirements}
    after = {each.id: each for each in new.requirements}
    for identifier in dict.fromkeys((*after, *before)):
        was, now = before.get(identifier), after.get(identifier)
        entry = now or was
        assert entry is not None
        if was is None or now is None or was.verdict is not now.verdict:
            yield VerdictChange(
                id=identifier,
                level=entry.level,
                title=entry.title,
                old=was.verdict.words if was is not None else "",
                new=now.verdict.words if now is not None else "",
                way=_way(was.verdict if was else None, now.verdict if now else None),
            )


def _way(old: Verdict | None, new: Verdict | None) -> Way:
    """Worse: it fails now, or what passed cannot be judged any more (gone from the run included)."""
    if new is Verdict.FAIL:
        return "worse"
    if old is Verdict.PASS:
        return "other" if new is Verdict.NOT_APPLICABLE else "worse"
    if old in JUDGED and new is Verdict.PASS:
        return "better"
    return "better" if old is Verdict.FAIL and new in JUDGED else "other"


def _durations(old: RunResult, new: RunResult, thresholds: Thresholds) -> Iterator[FigureChange]:
    before = {each.name: each.duration_s for each in old.scenarios if each.verdict is Verdict.PASS}
    for scenario in new.scenarios:
        was = before.get(scenario.name)
        if scenario.verdict is Verdict.PASS and was is not None:
            name = f"duration of {scenario.name}"
            change = _figure(name, "ms", was * 1000, scenario.duration_s * 1000, False, thresholds)
            if change is not None:
                yield change


def _load_verdicts(old: LoadResult, new: LoadResult) -> Iterator[VerdictChange]:
    if old.verdict is not new.verdict:
        worse = new.verdict is not LoadVerdict.PASS
        yield VerdictChange(
            id="the run", old=old.verdict, new=new.verdict, way="worse" if worse else "better"
        )
    before = {each.name: each.met for each in old.criteria}
    for criterion in new.criteria:
        was = before.get(criterion.name)
        if was is not None and was is not criterion.met:
            yield VerdictChange(
                id=criterion.name,
                title=f"wanted {criterion.wanted}, seen {criterion.seen}",
                old="met" if was else "not met",
                new="met" if criterion.met else "not met",
                way="better" if criterion.met else "worse",
            )


_Figure = tuple[float | None, str, bool | None]
"""Value, unit, and whether more is better (None: neither)."""

_MORE_IS_BETTER = {"SER", "SEER", "SCR"}
"""Ratios of RFC 6076 that say how much went well."""
_MORE_IS_WORSE = {"IRR", "ISA", "ISP", "SRD", "SDD", "RRD", "IRA"}


def _load_figures(run: LoadResult) -> Mapping[str, _Figure]:
    figures: dict[str, _Figure] = {}
    for metric in run.metrics:
        good = True if metric.name in _MORE_IS_BETTER else None
        good = False if metric.unit == "ms" or metric.name in _MORE_IS_WORSE else good
        figures[metric.name] = (metric.value, metric.unit, good)
        for share in ("p50", "p99"):
            figures[f"{metric.name} {share}"] = (getattr(metric, share), metric.unit, good)
    for row in run.latencies:
        for share in ("p50", "p99"):
            figures[f"{row.kind} {row.code} {share}"] = (getattr(row, share), "ms", False)
    for kind in run.totals:
        rate = kind.completed / run.duration_s if run.duration_s else None
        figures[f"{kind.kind} completed"] = (rate, "per second", True)
        share_failed = 100 * kind.failed / kind.attempts if kind.attempts else None
        figures[f"{kind.kind} failed"] = (share_failed, "%", False)
    if run.media is not None:
        figures["MOS, mean"] = (run.media.mos_mean, "MOS", True)
        figures["audio lost"] = (run.media.loss_percent, "%", False)
    if run.search is not None:
        figures["rate found"] = (run.search.rate_found, "per second", True)
    return figures


def _figure(
    name: str,
    unit: str,
    old: float | None,
    new: float | None,
    high_is_good: bool | None,
    thresholds: Thresholds,
) -> FigureChange | None:
    """The change, when it is larger than the thresholds."""
    if old is None or new is None or old == new:
        return None
    difference = new - old
    percent = 100 * difference / old if old else None
    if percent is not None and abs(percent) <= thresholds.percent:
        return None
    in_ms = {"ms": 1.0, "s": 1000.0}.get(unit)
    if in_ms is not None and abs(difference) * in_ms <= thresholds.milliseconds:
        return None
    way: Way = "other" if high_is_good is None else "better" if (difference > 0) is high_is_good else "worse"
    return FigureChange(name=name, unit=unit, old=old, new=new, percent=percent, way=way)
