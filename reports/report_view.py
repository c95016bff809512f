"""A run arranged for reading: topics with their requirements, what needs attention, all scenarios.

Values only, ready for the page; `html` puts them into the template. Judging is done long before: verdicts
stand in the results.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from markupsafe import Markup

from harness.results import (
    Finding,
    LadderStep,
    RequirementResult,
    RunResult,
    ScenarioResult,
    Verdict,
    count_verdicts,
    worst_first,
)
from reports.charts import BAR_ORDER, duration_skyline, verdict_bar
from reports.ladder_svg import ladder_svg, shown_steps

ATTENTION = (Verdict.ERROR, Verdict.FAIL, Verdict.INCONCLUSIVE)
"""Verdicts that somebody has to look into."""

ADJECTIVES = {
    Verdict.PASS: "passed",
    Verdict.FAIL: "failed",
    Verdict.INCONCLUSIVE: "inconclusive",
    Verdict.ERROR: "error",
    Verdict.NOT_APPLICABLE: "not applicable",
    Verdict.NOT_COVERED: "not judged",
}


@dataclass(frozen=True, slots=True)
class Detail:
    """How much of the evidence a page shows; a page that grows too big is made again with less."""

    failed_steps: int
    """Ladder steps of a scenario that needs attention."""
    passed_steps: int
    """Ladder steps of one that does not."""
    message_characters: int
    """Characters of a message's text."""
    tooltips: bool
    """Whether arrows carry the text of their message."""


@dataclass(frozen=True, slots=True)
class TopicView:
    """One topic of the requirement matrix."""

    name: str
    title: str
    requirements: list[RequirementResult]
    bar: Markup
    counts: list[tuple[Verdict, int]]
    """Verdicts that occur, bad news first."""
    verdict: Verdict
    open: bool


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """One line of the deciding message."""

    text: str
    marked: bool


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding with its evidence cut into lines."""

    finding: Finding
    title: str
    evidence: list[EvidenceLine]
    offset: str
    """Time of the deciding packet since the scenario's first packet; empty when unknown."""
    recipe: str = ""
    """Lines of a configuration that does it right; empty when there are none."""


@dataclass(frozen=True, slots=True)
class ScenarioView:
    """A scenario with its drawing."""

    result: ScenarioResult
    anchor: str
    findings: list[FindingView]
    ladder: Markup
    messages: list[LadderStep]
    """The messages whose text the page shows below the ladder."""
    begin: float
    pcap_link: str


@dataclass(frozen=True, slots=True)
class ReportView:
    """The whole page."""

    result: RunResult
    headline: str
    tiles: list[tuple[Verdict, int, str]]
    bar: Markup
    topics: list[TopicView]
    attention: list[ScenarioView]
    scenarios: list[ScenarioView]
    skyline: Markup
    scenario_anchors: dict[str, str]
    name: str = ""
    """What the page calls the target; its own name when empty."""
    page_title: str = ""


def make_view(result: RunResult, detail: Detail, recipes: Mapping[str, str] | None = None) -> ReportView:
    """Arrange `result` with as much evidence as `detail` allows.

    `recipes`: requirement id -> lines of a configuration that meets it, shown with its findings.
    """
    anchors = {scenario.name: f"s-{_slug(scenario.name)}" for scenario in result.scenarios}
    titles = {requirement.id: requirement.title for requirement in result.requirements}
    scenarios = [
        _scenario(scenario, anchors[scenario.name], titles, detail, recipes or {})
        for scenario in result.scenarios
    ]
    attention = [view for view in scenarios if view.result.verdict in ATTENTION]
    attention.sort(key=lambda view: worst_first(view.result.verdict))
    counts = count_verdicts(requirement.verdict for requirement in result.requirements)
    return ReportView(
        result=result,
        headline=headline(result),
        tiles=[(verdict, counts[verdict], ADJECTIVES[verdict]) for verdict in _TILE_ORDER],
        bar=verdict_bar(counts),
        topics=_topics(result.requirements),
        attention=attention,
        scenarios=scenarios,
        skyline=duration_skyline(result.scenarios, anchors),
        scenario_anchors=anchors,
    )


_TILE_ORDER = (
    Verdict.PASS,
    Verdict.FAIL,
    Verdict.ERROR,
    Verdict.INCONCLUSIVE,
    Verdict.NOT_APPLICABLE,
    Verdict.NOT_COVERED,
)


def headline(result: RunResult) -> str:
    """The verdict of the run in one sentence."""
    requirements = count_verdicts(requirement.verdict for requirement in result.requirements)
    scenarios = count_verdicts(scenario.verdict for scenario in result.scenarios)
    judged = sum(requirements[verdict] for verdict in (*ATTENTION, Verdict.PASS))
    broken = requirements[Verdict.FAIL]
    breakage = f"{counted(broken, 'requirement')} of {judged} judged {'is' if broken == 1 else 'are'} broken"
    match result.verdict:
        case Verdict.PASS if broken:
            return f"Every MUST that was judged is met; {breakage}"
        case Verdict.PASS:
            return _all_met(judged)
        case Verdict.FAIL:
            return breakage
        case Verdict.INCONCLUSIVE:
            unclear = counted(scenarios[Verdict.INCONCLUSIVE], "scenario")
            return f"Nothing was seen broken, but {unclear} could not be judged"
        case Verdict.ERROR:
            ours = f"the harness itself failed in {counted(scenarios[Verdict.ERROR], 'scenario')}"
            return f"{breakage}, and {ours}" if broken else f"{ours[0].upper()}{ours[1:]}"
        case _:
            return "Nothing was judged"


def _all_met(judged: int) -> str:
    match judged:
        case 0:
            return "What was tried worked, and no requirement was judged"
        case 1:
            return "The one requirement that was judged is met"
        case _:
            return f"All {judged} requirements that were judged are met"


def relative_link(path: str) -> str:
    """`path` as a link that can only lead to a file beside the page: no scheme, no other host."""
    return quote(path.replace("\\", "/").lstrip("/"), safe="/-_.~")


def counted(number: int, noun: str) -> str:
    """`1 scenario`, `2 scenarios`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _topics(requirements: Sequence[RequirementResult]) -> list[TopicView]:
    by_topic: dict[str, list[RequirementResult]] = {}
    for requirement in requirements:
        by_topic.setdefault(requirement.topic, []).append(requirement)
    return [_topic(name, entries) for name, entries in by_topic.items()]


def _topic(name: str, requirements: list[RequirementResult]) -> TopicView:
    counts = count_verdicts(requirement.verdict for requirement in requirements)
    worst = min((requirement.verdict for requirement in requirements), key=worst_first)
    return TopicView(
        name=name,
        title=name.replace("_", " ").capitalize(),
        requirements=sorted(requirements, key=lambda requirement: worst_first(requirement.verdict)),
        bar=verdict_bar(counts),
        counts=[(verdict, counts[verdict]) for verdict in BAR_ORDER if counts[verdict]],
        verdict=worst,
        open=worst in (Verdict.ERROR, Verdict.FAIL),
    )


def _scenario(
    scenario: ScenarioResult,
    anchor: str,
    titles: dict[str, str],
    detail: Detail,
    recipes: Mapping[str, str],
) -> ScenarioView:
    needs_attention = scenario.verdict in ATTENTION
    limit = detail.failed_steps if needs_attention else detail.passed_steps
    begin = scenario.ladder[0].time if scenario.ladder else 0.0
    messages = [step for step in shown_steps(scenario.ladder, limit) if step.text] if needs_attention else []
    return ScenarioView(
        result=scenario,
        anchor=anchor,
        findings=[
            replace(_finding(finding, titles, begin, detail), recipe=recipes.get(finding.requirement, ""))
            for finding in scenario.findings
        ],
        ladder=ladder_svg(scenario.ladder, limit=limit, tooltips=detail.tooltips and needs_attention),
        messages=[_shorter(step, detail.message_characters) for step in messages],
        begin=begin,
        pcap_link=relative_link(scenario.pcap) if scenario.pcap else "",
    )


def _finding(finding: Finding, titles: dict[str, str], begin: float, detail: Detail) -> FindingView:
    offset = f"{finding.time - begin:.3f} s" if finding.time is not None and begin else ""
    text = _cut(finding.evidence, detail.message_characters * 2)
    return FindingView(
        finding=finding,
        title=titles.get(finding.requirement, finding.requirement),
        evidence=_evidence_lines(text, finding.marked_line),
        offset=offset,
    )


def _evidence_lines(evidence: str, marked_line: str | None) -> list[EvidenceLine]:
    """The lines of `evidence`; the first that is or holds `marked_line` is marked."""
    lines = evidence.replace("\r\n", "\n").rstrip("\n").split("\n") if evidence else []
    wanted = (marked_line or "").strip()
    marked = -1
    if wanted:
        same = (number for number, line in enumerate(lines) if line.strip() == wanted)
        holding = (number for number, line in enumerate(lines) if wanted in line)
        marked = next(same, next(holding, -1))
    return [EvidenceLine(line, number == marked) for number, line in enumerate(lines)]


def _shorter(step: LadderStep, characters: int) -> LadderStep:
    return step.model_copy(update={"text": _cut(step.text, characters)})


def _cut(text: str, characters: int) -> str:
    if len(text) <= characters:
        return text
    return f"{text[:characters]}\n[{len(text) - characters} more characters; the capture has them]"


def _slug(name: str) -> str:
    """A place on the page: readable, and different for different names."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    return f"{re.sub(r'[^a-z0-9]+', '-', name.lower())[:60].strip('-')}-{digest}"
