"""The fault matrix."""

from rich.console import Console

from harness.results import FaultMatrix, FaultResult, Verdict
from reports.matrix import matrix_headline, matrix_text, render_matrix
from tests.reports.run_factory import NASTY
from tests.reports.test_html import Page


def fault(name: str, *, caught: bool = True) -> FaultResult:
    return FaultResult(
        name=name,
        requirement="call.answered",
        description=NASTY,
        caught_by=["call/test_a_call_is_answered"] if caught else [],
        also_failed=["media/test_the_tone_comes_back"],
        caught=caught,
        duration_s=3.2,
    )


def matrix(
    *faults: FaultResult, baseline: Verdict = Verdict.PASS, failed: tuple[str, ...] = ()
) -> FaultMatrix:
    return FaultMatrix(baseline=baseline, baseline_failed=list(failed), faults=list(faults), duration_s=12)


def test_the_page_has_a_row_a_fault_and_a_column_a_scenario() -> None:
    page = Page(render_matrix(matrix(fault("one"), fault("two", caught=False))))
    assert page.open == []
    assert page.tags.count("tr") == 3
    assert page.tags.count("td") == 2 * 3
    assert "script" not in page.tags
    assert "1 of 2 faults caught" in page.words


def test_the_terminal_shows_what_was_missed() -> None:
    console = Console(width=120)
    with console.capture() as capture:
        console.print(matrix_text(matrix(fault("one"), fault("two", caught=False))))
    assert "MISSED" in capture.get()
    assert "a call is answered" in capture.get()


def test_a_baseline_that_failed_is_told() -> None:
    told = matrix_headline(matrix(fault("one"), baseline=Verdict.FAIL, failed=("call/test_it",)))
    assert told == "1 of 1 faults caught; without a fault 1 scenario did not pass"
    assert "inconclusive" in matrix_headline(matrix(fault("one"), baseline=Verdict.INCONCLUSIVE))
    assert "call/test_it" in render_matrix(
        matrix(fault("one"), baseline=Verdict.FAIL, failed=("call/test_it",))
    )
