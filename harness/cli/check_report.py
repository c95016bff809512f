"""The report of `harness check`: a run result made of captures, their pcap slices, and the documents.

A requirement over a capture takes the place of a scenario. What was not observed is left out, so that the
matrix shows it as not judged.
"""

import importlib.metadata
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from harness.capture.ladder import ladder_steps
from harness.capture.pcap import write_pcap
from harness.capture.trace import Trace
from harness.checks.pbx.finding import finding_of, names_of, product_of
from harness.checks.pbx.inference import Inferred
from harness.checks.pbx.ruling import Observed, Ruling
from harness.checks.pbx.trunk_leg import TrunkLeg
from harness.requirements import Catalogue
from harness.results import LadderStep, RunResult, ScenarioResult, TargetInfo, Verdict, make_run_result
from reports import write_reports

LADDER_LIMIT = {Observed.PASS: 12, Observed.FAIL: 80}
"""Steps of a ladder that the report keeps."""


class Checked(Protocol):
    """What must be known of a judged capture."""

    @property
    def path(self) -> Path:
        """The file."""

    @property
    def inferred(self) -> Inferred:
        """The setup."""

    @property
    def leg(self) -> TrunkLeg:
        """Its trace, taken apart."""

    @property
    def rulings(self) -> list[Ruling]:
        """What the checks say."""


def write_check_report(checked: Sequence[Checked], catalogue: Catalogue, out: Path, command: str) -> Path:
    """Writes report.html, results.json, junit.xml and pcap slices to `out`; the page's path."""
    names = _names([each.path for each in checked])
    scenarios = [
        _scenario(each, name, ruling, catalogue, out)
        for each, name in zip(checked, names, strict=True)
        for ruling in each.rulings
        if ruling.verdict is not Observed.NOT_OBSERVED
    ]
    first = checked[0]
    times = [traced.time for each in checked for traced in each.leg.trace.packets]
    result = make_run_result(
        requirements=catalogue.binding("pbx"),
        scenarios=scenarios,
        target=_target(first, [each.path for each in checked]),
        started=datetime.fromtimestamp(min(times), UTC),
        duration_s=round(max(times) - min(times), 3) if len(checked) == 1 else 0.0,
        harness_version=importlib.metadata.version("sip-harness"),
        catalogue_version=catalogue.version,
        environment={
            "command": command,
            "python": platform.python_version(),
            "inferred": "; ".join(note for each in checked for note in each.inferred.notes) or "nothing",
        },
    )
    return write_reports(_with_verdict(result), out)


def _with_verdict(result: RunResult) -> RunResult:
    """A broken SHOULD or MAY alone does not fail a capture."""
    levels = {each.level for each in result.requirements if each.verdict is Verdict.FAIL}
    if levels and "MUST" not in levels:
        return result.model_copy(update={"verdict": Verdict.PASS})
    return result


def _names(paths: list[Path]) -> list[str]:
    """A short name for each file; equal ones get a number."""
    names: list[str] = []
    for path in paths:
        stem = path.name.removesuffix(".gz").rpartition(".")[0] or path.name
        count = sum(name == stem or name.startswith(f"{stem}~") for name in names)
        names.append(f"{stem}~{count + 1}" if count else stem)
    return names


def _target(checked: Checked, paths: list[Path]) -> TargetInfo:
    setup = checked.inferred.setup
    senders = [each.traced.packet.source for each in checked.leg.messages if each.from_pbx]
    called = names_of(checked.leg)
    name = paths[0].name if len(paths) == 1 else f"{len(paths)} captures"
    return TargetInfo(
        name=f"PBX in {name}",
        address=", ".join(dict.fromkeys(f"{hop.host}:{hop.port}" for hop in senders[:50])) or "unknown",
        transport=senders[0].transport if senders else "udp",
        domain=setup.domain,
        server_header=called[0] if called else None,
    )


def _scenario(checked: Checked, name: str, ruling: Ruling, catalogue: Catalogue, out: Path) -> ScenarioResult:
    entry = catalogue.get(ruling.requirement)
    sight, username = ruling.deciding, checked.inferred.setup.sip_username
    message = sight.message if sight is not None else None
    failed = ruling.verdict is Observed.FAIL
    packets = _call_of(checked.leg, message.message.call_id) if message is not None else Trace()
    frame = message.traced.frame if message is not None else None
    how = f"tshark -r {checked.path} -Y frame.number=={frame} -V" if frame else ""
    findings = [finding_of(ruling, entry, product_of(checked.leg), username, how)] if failed else []
    marked = [message.traced.number] if message is not None else []
    steps = ladder_steps(packets, _lifelines(checked), marked=marked)
    pcap = None
    if failed and len(packets):
        pcap = f"pcap/{name}.{ruling.requirement}.pcap"
        write_pcap(packets, out / pcap)
    numbered = packets.packets
    return ScenarioResult(
        name=f"{name}/{ruling.requirement}",
        title=f"{entry.title}: {ruling.seen}" if not failed else entry.title,
        topic=entry.topic,
        requirements=[entry.id],
        verdict=Verdict.FAIL if failed else Verdict.PASS,
        reason=ruling.seen if failed else "",
        duration_s=round(numbered[-1].time - numbered[0].time, 3) if numbered else 0.0,
        findings=findings,
        ladder=_shortened(steps, LADDER_LIMIT[ruling.verdict]),
        pcap=pcap,
        first_packet=numbered[0].number if numbered else None,
        last_packet=numbered[-1].number if numbered else None,
    )


def _call_of(leg: TrunkLeg, call_id: str) -> Trace:
    """The packets with this Call-ID and their media; looked for no longer than PBX and trunk use it."""
    numbers = [each.traced.number for each in leg.messages if each.message.call_id == call_id]
    first, last = numbers[0], numbers[-1]
    return Trace(each for each in leg.trace if first <= each.number <= last).of_call(call_id)


def _lifelines(checked: Checked) -> dict[str, str]:
    """Names for the trunk and for whoever talks to it."""
    names: dict[str, str] = {}
    for each in checked.leg.messages:
        ours, theirs = each.traced.packet.source, each.traced.packet.destination
        pbx, trunk = (ours, theirs) if each.from_pbx else (theirs, ours)
        names[f"{trunk.host}:{trunk.port}"] = "trunk"
        names[f"{pbx.host}:{pbx.port}"] = "PBX"
    return names


def _shortened(steps: list[LadderStep], limit: int) -> list[LadderStep]:
    """At most `limit` steps around the marked one."""
    wanted = next((place for place, step in enumerate(steps) if step.marked), 0)
    start = max(0, min(wanted - limit // 2, len(steps) - limit))
    return steps[start : start + limit]
