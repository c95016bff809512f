"""All documents of a run."""

from pathlib import Path

from harness.results import FaultMatrix, Verdict, load_fault_matrix, load_results
from reports.render import write_matrix, write_reports
from tests.reports.run_factory import make_mixed_run


def test_all_documents_lie_in_one_folder(tmp_path: Path) -> None:
    run = make_mixed_run(8)
    page = write_reports(run, tmp_path / "out")
    assert page == tmp_path / "out" / "report.html"
    assert {path.name for path in page.parent.iterdir()} == {"report.html", "results.json", "junit.xml"}
    loaded = load_results(page.parent / "results.json")
    assert loaded.scenarios == run.scenarios
    assert loaded.files["report"] == "report.html"


def test_rendering_saved_results_again_gives_the_same_page(tmp_path: Path) -> None:
    page = write_reports(make_mixed_run(8), tmp_path / "first")
    again = write_reports(load_results(tmp_path / "first" / "results.json"), tmp_path / "second")
    assert again.read_text() == page.read_text()


def test_the_matrix_is_written_as_page_and_json(tmp_path: Path) -> None:
    matrix = FaultMatrix(baseline=Verdict.PASS, faults=[])
    assert write_matrix(matrix, tmp_path).name == "faults.html"
    assert load_fault_matrix(tmp_path / "faults.json") == matrix
