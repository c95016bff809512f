"""`harness report`: renders the documents of a run again, or prints the JSON Schema of results.json.

A run is one of scenarios, a certification, or a load. The rendering itself is the package `reports`; only
the command line joins it to the harness.
"""

import json
from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError

from harness.cli.failure import CommandFailure, ExitStatus
from harness.results import (
    Certification,
    RunResult,
    Subject,
    is_load_results,
    load_load_results,
    load_results,
    load_results_schema,
    results_schema,
)
from reports import write_load_reports, write_reports
from reports.certificate import CERTIFICATE_JSON
from reports.certification_html import write_certification
from reports.render import REPORT


def report_again(results: Path, out: Path | None) -> Path:
    """Renders the report of a results.json (or of the folder it lies in) again. Raises ResultsError."""
    path = results / "results.json" if results.is_dir() else results
    folder = out or path.parent
    if is_load_results(path):
        load_result = load_load_results(path)
        return _written(lambda: write_load_reports(load_result, folder), folder)
    result = load_results(path)
    subject = _certified_subject(path.parent / CERTIFICATE_JSON)
    if subject is not None:
        return _written(lambda: _write_certification(result, subject, folder), folder)
    return _written(lambda: write_reports(result, folder), folder)


def _certified_subject(path: Path) -> Subject | None:
    """The product of the certificate at `path`; None where there is none that can be read."""
    try:
        return Certification.model_validate_json(path.read_bytes()).subject
    except (OSError, ValidationError):
        return None


def _write_certification(result: RunResult, subject: Subject, folder: Path) -> Path:
    write_certification(result, subject, folder)
    return folder / REPORT


def _written(write: Callable[[], Path], folder: Path) -> Path:
    try:
        return write()
    except OSError as error:
        reason = error.strerror or str(error)
        raise CommandFailure(f"--out {folder}: can't be written ({reason})", ExitStatus.WRONG_INPUT) from None


def schema_text(results: Path | None = None) -> str:
    """The JSON Schema of results.json; that of load runs when `results` (a file or its folder) is one."""
    path = results / "results.json" if results is not None and results.is_dir() else results
    of_load = path is not None and is_load_results(path)
    return json.dumps(load_results_schema() if of_load else results_schema(), indent=2)
