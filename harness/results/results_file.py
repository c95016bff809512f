"""results.json on disk: reading with clear errors, writing, and its JSON Schema.

The shape itself is in `run_result`. Writing goes through a file beside the final one, so that a reader never
sees half of it.
"""

import json
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from harness.results.fault_matrix import FaultMatrix
from harness.results.load_result import LoadResult
from harness.results.run_result import SCHEMA_VERSION, RunResult

_Document = TypeVar("_Document", bound=BaseModel)


class ResultsError(Exception):
    """A results file that cannot be used; has the file's `path` and the list of what is wrong in it."""

    def __init__(self, path: Path, problems: list[str]) -> None:
        super().__init__(path, problems)
        self.path = path
        self.problems = problems

    def __str__(self) -> str:
        shown = self.problems[:5]
        more = len(self.problems) - len(shown)
        ending = [f"and {more} more"] if more else []
        return "\n".join(f"{self.path}: {problem}" for problem in [*shown, *ending])


def load_results(path: Path) -> RunResult:
    """The run in the results.json at `path`. Raises ResultsError naming file, place and problem."""
    return _load(path, RunResult)


def save_results(result: RunResult, path: Path) -> None:
    """Write `result` to `path`."""
    _save(result, path)


def load_load_results(path: Path) -> LoadResult:
    """The load run in the results.json at `path`. Raises ResultsError naming file, place and problem."""
    return _load(path, LoadResult)


def save_load_results(result: LoadResult, path: Path) -> None:
    """Write `result` to `path`."""
    _save(result, path)


def is_load_results(path: Path) -> bool:
    """True when the file at `path` says that it holds a load run; False too when it can't be read."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and content.get("kind") == "load"


def load_results_schema() -> dict[str, Any]:
    """The JSON Schema of a load run's results.json."""
    schema = LoadResult.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def load_fault_matrix(path: Path) -> FaultMatrix:
    """The matrix in the faults.json at `path`. Raises ResultsError naming file, place and problem."""
    return _load(path, FaultMatrix)


def save_fault_matrix(matrix: FaultMatrix, path: Path) -> None:
    """Write `matrix` to `path`."""
    _save(matrix, path)


def results_schema() -> dict[str, Any]:
    """The JSON Schema of results.json."""
    schema = RunResult.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _load(path: Path, model: type[_Document]) -> _Document:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        problem = "there is no such file; name the results.json of a run, or its folder"
        raise ResultsError(path, [problem]) from error
    except OSError as error:
        raise ResultsError(path, [f"cannot be read: {error.strerror or error}"]) from error
    except UnicodeDecodeError as error:
        raise ResultsError(path, ["not JSON: it is not text in UTF-8"]) from error
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        problem = f"line {error.lineno}, column {error.colno}: not JSON: {error.msg}"
        raise ResultsError(path, [problem]) from error
    version = content.get("schema_version") if isinstance(content, dict) else None
    if version != SCHEMA_VERSION:
        problem = f"schema_version: seen {version!r}; this harness reads {SCHEMA_VERSION!r}"
        raise ResultsError(path, [problem])
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        raise ResultsError(path, [_problem(dict(detail)) for detail in error.errors()]) from error


def _problem(detail: dict[str, Any]) -> str:
    place = ".".join(str(part) for part in detail["loc"]) or "the document"
    seen = repr(detail.get("input"))
    shortened = seen if len(seen) <= 60 else f"{seen[:57]}..."
    return f"{place}: {detail['msg']}; seen {shortened}"


def _save(document: BaseModel, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(document.model_dump_json(indent=1) + "\n", encoding="utf-8")
    partial.replace(path)
