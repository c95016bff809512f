"""JUnit XML of a load run."""

from xml.etree.ElementTree import Element, fromstring

from harness.results import LoadVerdict
from reports.load_junit import render_load_junit
from tests.reports.load_factory import make_load
from tests.reports.run_factory import NASTY


def document(verdict: LoadVerdict) -> Element:
    return fromstring(render_load_junit(make_load(verdict, name=NASTY)))


def test_each_criterion_is_a_case_beside_the_validity() -> None:
    root = document(LoadVerdict.PASS)
    assert [case.get("name") for case in root.iter("testcase")] == [
        "the run is valid",
        "attempts were made",
        "failed attempts",
    ]
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("3", "0", "0")


def test_a_criterion_that_was_not_met_is_a_failure() -> None:
    root = document(LoadVerdict.FAIL)
    failures = list(root.iter("failure"))
    assert [failure.get("message") for failure in failures] == ["12 of 2,112; wanted: none"]
    assert root.get("failures") == "1"


def test_a_void_run_is_an_error_in_every_case_and_never_a_failure() -> None:
    root = document(LoadVerdict.VOID)
    assert [len(list(root.iter(tag))) for tag in ("error", "failure")] == [3, 0]
    error = root.find(".//error")
    assert error is not None
    assert error.get("type") == "void"
    assert "sysctl" in (error.text or "")
