"""JUnit XML."""

from xml.etree.ElementTree import Element, fromstring

from harness.results import Verdict
from reports.junit import render_junit
from tests.reports.run_factory import NASTY, make_finding, make_mixed_run, make_run, make_scenario


def case(verdict: Verdict, **changes: object) -> Element:
    root = fromstring(render_junit(make_run([make_scenario("call/test_it", verdict, **changes)])))
    found = root.find("testsuite/testcase")
    assert found is not None
    return found


def test_there_is_one_suite_a_topic_and_the_counts_agree() -> None:
    root = fromstring(render_junit(make_mixed_run()))
    suites = root.findall("testsuite")
    assert [suite.get("name") for suite in suites][:2] == ["registration", "authentication"]
    for name in ("tests", "failures", "errors", "skipped"):
        assert root.get(name) == str(sum(int(suite.get(name, 0)) for suite in suites))
    assert (root.get("tests"), root.get("failures"), root.get("errors"), root.get("skipped")) == (
        "80",
        "2",
        "2",
        "2",
    )
    assert len(root.findall(".//failure")) == 2


def test_a_failure_tells_the_finding() -> None:
    failure = case(Verdict.FAIL, findings=[make_finding()], reason="a national number was accepted").find(
        "failure"
    )
    assert failure is not None
    assert failure.get("message") == "a national number was accepted"
    assert "required: All numbers must be dialled in E.164 format" in (failure.text or "")


def test_skipped_means_not_applicable_and_nothing_else() -> None:
    assert case(Verdict.NOT_APPLICABLE).find("skipped") is not None
    for verdict in (Verdict.PASS, Verdict.FAIL, Verdict.ERROR, Verdict.INCONCLUSIVE):
        assert case(verdict).find("skipped") is None


def test_what_nobody_could_judge_is_an_error_of_its_own_type() -> None:
    error = case(Verdict.INCONCLUSIVE).find("error")
    assert error is not None
    assert error.get("type") == "inconclusive"


def test_a_case_names_its_requirements_and_its_capture() -> None:
    found = case(Verdict.FAIL, requirements=["call.rule-1", "call.rule-2"])
    assert [entry.get("value") for entry in found.iter("property")] == ["call.rule-1", "call.rule-2"]
    assert found.findtext("system-out") == "[[ATTACHMENT|pcap/call-test_it.pcap]]"


def test_what_xml_cannot_hold_is_escaped() -> None:
    failure = case(Verdict.FAIL, reason=NASTY, findings=[make_finding(evidence=NASTY)]).find("failure")
    assert failure is not None
    assert "\\x00\\x1b" in (failure.get("message") or "")
