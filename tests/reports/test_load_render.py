"""All documents of a load run."""

from pathlib import Path

from harness.cli.report import report_again, schema_text
from harness.results import load_load_results
from reports.load_render import write_load_reports
from tests.reports.load_factory import make_load


def test_all_documents_lie_in_one_folder(tmp_path: Path) -> None:
    page = write_load_reports(make_load(), tmp_path / "out")
    assert {path.name for path in page.parent.iterdir()} == {
        "report.html",
        "results.json",
        "junit.xml",
        "summary.csv",
        "series.csv",
        "latencies.csv",
    }
    assert load_load_results(page.parent / "results.json").files["series"] == "series.csv"


def test_the_command_renders_a_saved_load_run_again(tmp_path: Path) -> None:
    page = write_load_reports(make_load(), tmp_path / "first")
    again = report_again(tmp_path / "first", tmp_path / "second")
    assert again.read_text() == page.read_text()


def test_the_schema_is_that_of_the_results_it_is_asked_for(tmp_path: Path) -> None:
    page = write_load_reports(make_load(), tmp_path)
    assert "LatencyRow" in schema_text(tmp_path)
    assert "LatencyRow" in schema_text(page.parent / "results.json")
    assert "LatencyRow" not in schema_text()
