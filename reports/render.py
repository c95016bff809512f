"""All documents of a run in one folder: report.html, results.json and junit.xml.

Each document is made by its own module and written here; captures are written by whoever recorded them.
"""

from pathlib import Path

from harness.results import FaultMatrix, RunResult, save_fault_matrix, save_results
from reports.html import render_html
from reports.junit import render_junit
from reports.matrix import render_matrix

__all__ = ["render_html", "write_matrix", "write_reports"]

REPORT, RESULTS, JUNIT = "report.html", "results.json", "junit.xml"
MATRIX_PAGE, MATRIX = "faults.html", "faults.json"


def write_reports(result: RunResult, folder: Path) -> Path:
    """Write every document of `result` into `folder`, made when it is not there; returns the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = {"report": REPORT, "junit": JUNIT} | result.files
    complete = result.model_copy(update={"files": listed})
    save_results(complete, folder / RESULTS)
    (folder / JUNIT).write_text(render_junit(complete), encoding="utf-8")
    page = folder / REPORT
    page.write_text(render_html(complete), encoding="utf-8")
    return page


def write_matrix(matrix: FaultMatrix, folder: Path) -> Path:
    """Write the fault matrix as page and JSON into `folder`; returns the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    save_fault_matrix(matrix, folder / MATRIX)
    page = folder / MATRIX_PAGE
    page.write_text(render_matrix(matrix), encoding="utf-8")
    return page
