"""A load run as JUnit XML for CI: one case for each criterion, and one for the validity of the run.

A void run is an error, never a failure: it says nothing about the target, and must not count as passed.
"""

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from harness.results import Criterion, LoadResult, VoidReason
from reports.junit import xml_text


def render_load_junit(result: LoadResult) -> str:
    """The document for `result`."""
    void, unmet = bool(result.reasons), [each for each in result.criteria if not each.met]
    cases = 1 + len(result.criteria)
    counts = {
        "tests": str(cases),
        "failures": str(0 if void else len(unmet)),
        "errors": str(cases if void else 0),
        "skipped": "0",
        "time": f"{result.duration_s:.3f}",
    }
    root = Element("testsuites", {"name": xml_text(f"SIP harness load: {result.target.name}"), **counts})
    suite = SubElement(root, "testsuite", {"name": "load", **counts})
    suite.set("timestamp", result.started.isoformat(timespec="seconds"))
    suite.set("hostname", xml_text(result.target.address))
    _add_properties(suite, result)
    _add_validity(suite, result)
    for criterion in result.criteria:
        _add_criterion(suite, criterion, result.reasons)
    indent(root, " ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _add_properties(suite: Element, result: LoadResult) -> None:
    holder = SubElement(suite, "properties")
    told = {
        "target": f"{result.target.transport}:{result.target.address}",
        "harness": result.harness_version,
        "shape": result.shape,
        "attempts": str(result.attempts),
        "failed": str(result.failed),
    }
    for name, value in told.items():
        SubElement(holder, "property", {"name": name, "value": xml_text(value)})


def _add_validity(suite: Element, result: LoadResult) -> None:
    name = {"classname": "load", "name": "the run is valid", "time": f"{result.duration_s:.3f}"}
    case = SubElement(suite, "testcase", name)
    if result.reasons:
        _add_void(case, result.reasons)


def _add_criterion(suite: Element, criterion: Criterion, reasons: list[VoidReason]) -> None:
    name = {"classname": "load.criteria", "name": xml_text(criterion.name), "time": "0"}
    case = SubElement(suite, "testcase", name)
    if reasons:
        _add_void(case, reasons)
    elif not criterion.met:
        message = xml_text(f"{criterion.seen}; wanted: {criterion.wanted}")
        SubElement(case, "failure", {"type": "fail", "message": message}).text = message


def _add_void(case: Element, reasons: list[VoidReason]) -> None:
    message = xml_text("void: " + "; ".join(reason.topic for reason in reasons))
    lines = [
        f"{each.topic}: {each.seen} (limit: {each.limit}). What to change: {each.change}" for each in reasons
    ]
    SubElement(case, "error", {"type": "void", "message": message}).text = xml_text("\n".join(lines))
