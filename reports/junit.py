"""A run as JUnit XML, as Jenkins and GitLab read it: one suite a topic, one case a scenario.

Records in, a string out. Skipped means not applicable and nothing else; a scenario that nobody could judge
is an error of type ``inconclusive``, so that no dashboard counts it as passed.
"""

import re
from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from harness.results import Finding, RunResult, ScenarioResult, Verdict

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold even escaped (section 2.2)."""


def render_junit(result: RunResult) -> str:
    """The document for `result`."""
    root = Element(
        "testsuites", {"name": xml_text(f"SIP harness: {result.target.name}"), **_counts(result.scenarios)}
    )
    topics = dict.fromkeys(scenario.topic for scenario in result.scenarios)
    for topic in topics:
        scenarios = [scenario for scenario in result.scenarios if scenario.topic == topic]
        suite = SubElement(root, "testsuite", {"name": xml_text(topic), **_counts(scenarios)})
        suite.set("timestamp", result.started.isoformat(timespec="seconds"))
        suite.set("hostname", xml_text(result.target.address))
        _add_properties(suite, _run_properties(result))
        for scenario in scenarios:
            _add_case(suite, scenario)
    indent(root, " ")
    text = tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _counts(scenarios: Sequence[ScenarioResult]) -> dict[str, str]:
    def count(*verdicts: Verdict) -> str:
        return str(sum(scenario.verdict in verdicts for scenario in scenarios))

    return {
        "tests": str(len(scenarios)),
        "failures": count(Verdict.FAIL),
        "errors": count(Verdict.ERROR, Verdict.INCONCLUSIVE),
        "skipped": count(Verdict.NOT_APPLICABLE),
        "time": f"{sum(scenario.duration_s for scenario in scenarios):.3f}",
    }


def _run_properties(result: RunResult) -> Iterable[tuple[str, str]]:
    yield "target", f"{result.target.transport}:{result.target.address}"
    yield "domain", result.target.domain
    yield "harness", result.harness_version
    yield "catalogue", result.catalogue_version
    if result.fault:
        yield "fault", result.fault


def _add_properties(parent: Element, properties: Iterable[tuple[str, str]]) -> None:
    holder = SubElement(parent, "properties")
    for name, value in properties:
        SubElement(holder, "property", {"name": name, "value": xml_text(value)})


def _add_case(suite: Element, scenario: ScenarioResult) -> None:
    name = scenario.name.rpartition("/")[2]
    attributes = {
        "classname": xml_text(scenario.topic),
        "name": xml_text(name),
        "time": f"{scenario.duration_s:.3f}",
    }
    case = SubElement(suite, "testcase", attributes)
    _add_properties(case, (("requirement", requirement) for requirement in scenario.requirements))
    reason = xml_text(scenario.reason or scenario.title)
    details = "\n\n".join(_finding_text(finding) for finding in scenario.findings)
    match scenario.verdict:
        case Verdict.FAIL:
            _add_outcome(case, "failure", "fail", reason, details)
        case Verdict.ERROR | Verdict.INCONCLUSIVE:
            _add_outcome(case, "error", scenario.verdict.value, reason, details)
        case Verdict.NOT_APPLICABLE:
            SubElement(case, "skipped", {"message": reason})
        case _:
            pass
    if scenario.pcap and scenario.verdict in (Verdict.FAIL, Verdict.ERROR, Verdict.INCONCLUSIVE):
        SubElement(case, "system-out").text = xml_text(
            f"[[ATTACHMENT|{scenario.pcap}]]"
        )  # as GitLab wants it


def _add_outcome(case: Element, tag: str, kind: str, reason: str, details: str) -> None:
    outcome = SubElement(case, tag, {"type": kind, "message": reason})
    outcome.text = xml_text(details) or reason


def _finding_text(finding: Finding) -> str:
    lines = [
        f"{finding.requirement} ({finding.level})",
        f"seen: {finding.seen}",
        f"required: {finding.required}",
        f"source: {finding.source}",
    ]
    if finding.packet is not None:
        lines.append(f"packet: {finding.packet}")
    if finding.what_to_change:
        lines.append(f"what to change: {finding.what_to_change}")
    if finding.how_to_see:
        lines.append(f"see it again: {finding.how_to_see}")
    if finding.evidence:
        lines += ["", finding.evidence.replace("\r\n", "\n")]
    return "\n".join(lines)


def xml_text(text: str) -> str:
    """`text` with what XML cannot hold shown as escapes."""
    return _NOT_XML.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
