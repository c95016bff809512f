"""All documents of a load run in one folder: report.html, results.json, junit.xml and three CSV files.

Each document is made by its own module and written here; captures are written by whoever recorded them.
"""

from pathlib import Path

from harness.results import LoadResult, save_load_results
from reports.load_csv import latencies_csv, series_csv, summary_csv
from reports.load_html import render_load_html
from reports.load_junit import render_load_junit
from reports.render import JUNIT, REPORT, RESULTS

SUMMARY, SERIES, LATENCIES = "summary.csv", "series.csv", "latencies.csv"


def write_load_reports(result: LoadResult, folder: Path) -> Path:
    """Write every document of `result` into `folder`, made when it is not there; returns the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = {"report": REPORT, "junit": JUNIT, "summary": SUMMARY, "series": SERIES, "latencies": LATENCIES}
    complete = result.model_copy(update={"files": listed | result.files})
    save_load_results(complete, folder / RESULTS)
    documents = {
        JUNIT: render_load_junit(complete),
        SUMMARY: summary_csv(complete),
        SERIES: series_csv(complete),
        LATENCIES: latencies_csv(complete),
        REPORT: render_load_html(complete),
    }
    for name, text in documents.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder / REPORT
