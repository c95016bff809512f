"""`harness report`: renders the documents of a run again, or prints the JSON Schema of results.json.

The rendering itself is the package `reports`; only the command line joins it to the harness.
"""

import json
from pathlib import Path

from harness.cli.failure import CommandFailure, ExitStatus
from harness.results import load_results, results_schema
from reports import write_reports


def report_again(results: Path, out: Path | None) -> Path:
    """Renders the report of a results.json (or of the folder it lies in) again. Raises ResultsError."""
    path = results / "results.json" if results.is_dir() else results
    result = load_results(path)
    folder = out or path.parent
    try:
        return write_reports(result, folder)
    except OSError as error:
        reason = error.strerror or str(error)
        raise CommandFailure(f"--out {folder}: can't be written ({reason})", ExitStatus.WRONG_INPUT) from None


def schema_text() -> str:
    """The JSON Schema of results.json."""
    return json.dumps(results_schema(), indent=2)
