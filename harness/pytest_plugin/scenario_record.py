"""What is kept of a scenario that is over: its result with findings and ladder, and pytest's words for it.

Pure but for the clock of the scenario; used by the run against a trunk (`scenario_run`) and the one against
a PBX (`pbx_run`).
"""

import importlib.metadata
import time
from collections.abc import Mapping

import pytest

from harness.capture.ladder import ladder_steps
from harness.capture.trace import Trace
from harness.pytest_plugin.outcome import Outcome, finding_of
from harness.pytest_plugin.scenario import RunningScenario
from harness.requirements import Catalogue
from harness.results import Finding, LadderStep, ScenarioResult, Verdict

LADDER_LIMITS = {Verdict.PASS: 12, Verdict.NOT_APPLICABLE: 12}
"""Steps of a ladder kept in results.json; what did not pass keeps more."""
LADDER_LIMIT = 80


def result_of(
    scenario: RunningScenario,
    packets: Trace,
    catalogue: Catalogue,
    *,
    how_to_see: str,
    lifelines: Mapping[str, str],
    others: str | None = "phone",
    keeps_pcap: bool,
) -> ScenarioResult:
    """The result of a scenario whose packets these are; `others` names hops without a lifeline."""
    outcome = scenario.outcome
    findings: list[Finding] = []
    if outcome.breach is not None:
        findings.append(finding_of(outcome.breach, catalogue, packets, how_to_see))
    marked = [finding.packet for finding in findings if finding.packet is not None]
    steps = ladder_steps(packets, lifelines, others=others, marked=marked)
    numbered = packets.packets
    return ScenarioResult(
        name=scenario.name,
        title=scenario.title,
        topic=scenario.topic,
        requirements=scenario.requirements,
        verdict=outcome.verdict,
        reason=outcome.reason,
        duration_s=round(time.monotonic() - scenario.clock, 3),
        findings=findings,
        ladder=_shortened(steps, outcome.verdict),
        pcap=f"pcap/{scenario.name.replace('/', '.')}.pcap" if keeps_pcap and numbered else None,
        first_packet=numbered[0].number if numbered else None,
        last_packet=numbered[-1].number if numbered else None,
    )


def harness_version() -> str:
    """The version that is installed."""
    try:
        return importlib.metadata.version("sip-harness")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def _shortened(steps: list[LadderStep], verdict: Verdict) -> list[LadderStep]:
    """The steps that fit; a note says how many are left out."""
    limit = LADDER_LIMITS.get(verdict, LADDER_LIMIT)
    if len(steps) <= limit:
        return steps
    wanted = next((place for place, step in enumerate(steps) if step.marked), 0)
    start = max(0, min(wanted - limit // 2, len(steps) - limit))
    kept = steps[start : start + limit]
    left_out = LadderStep(
        packet=0,
        time=kept[-1].time,
        source=kept[-1].source,
        destination=kept[-1].destination,
        label=f"{len(steps) - limit} more steps in the pcap",
        kind="note",
    )
    return [*kept, left_out]


def reword(report: pytest.TestReport, item: pytest.Item, outcome: Outcome) -> None:
    """Verdicts that are no failures are pytest's "skipped", with the verdict in the reason."""
    if outcome.verdict in (Verdict.INCONCLUSIVE, Verdict.NOT_APPLICABLE) and report.outcome != "passed":
        report.outcome = "skipped"
        report.longrepr = (
            str(item.path),
            item.location[1] or 0,
            f"{outcome.verdict.words}: {outcome.reason}",
        )
    elif outcome.verdict is Verdict.FAIL and outcome.breach is not None:
        report.longrepr = f"{outcome.breach.requirement}: {outcome.reason}\n\n{report.longrepr}"
