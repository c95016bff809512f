"""`harness report`: renders the documents of a run again, or prints the JSON Schema of results.json.

A run is one of scenarios or a load. The rendering itself is the package `reports`; only the command line
joins it to the harness.
"""

import json
from collections.abc import Callable
from pathlib import Path

from harness.cli.failure import CommandFailure, ExitStatus
from harness.results import (
    is_load_results,
    load_load_results,
    load_results,
    load_results_schema,
    results_schema,
)
from reports import write_load_reports, write_reports


def report_again(results: Path, out: Path | None) -> Path:
    """Renders the report of a results.json (or of the folder it lies in) again. Raises ResultsError."""
    path = results / "results.json" if results.is_dir() else results
    folder = out or path.parent
    if is_load_results(path):
        load_result = load_load_results(path)
        return _written(lambda: write_load_reports(load_result, folder), folder)
    result = load_results(path)
    return _written(lambda: write_reports(result, folder), folder)


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
