"""results.json on disk."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.results import (
    FaultMatrix,
    FaultResult,
    ResultsError,
    Verdict,
    load_fault_matrix,
    load_results,
    results_schema,
    save_fault_matrix,
    save_results,
)
from tests.reports.run_factory import NASTY, make_finding, make_mixed_run, make_run, make_scenario


def test_what_is_saved_is_loaded_again(tmp_path: Path) -> None:
    run = make_mixed_run(12)
    save_results(run, tmp_path / "results.json")
    assert load_results(tmp_path / "results.json") == run


def test_bytes_that_are_no_text_survive_as_escapes(tmp_path: Path) -> None:
    evidence = b"SIP/2.0 200 \xff\xfe".decode("utf-8", "surrogateescape") + NASTY + "\ud800"
    finding = make_finding("call.rule-1", evidence=evidence)
    run = make_run([make_scenario("call/test_it", Verdict.FAIL, findings=[finding])])
    save_results(run, tmp_path / "results.json")
    loaded = load_results(tmp_path / "results.json").scenarios[0].findings[0].evidence
    assert loaded.startswith("SIP/2.0 200 \\xff\\xfe")
    assert loaded.endswith("\\ud800")


def written(tmp_path: Path, **changes: Any) -> Path:
    path = tmp_path / "results.json"
    path.write_text(json.dumps(json.loads(make_run([]).model_dump_json()) | changes))
    return path


def complaint(path: Path) -> str:
    with pytest.raises(ResultsError) as caught:
        load_results(path)
    return str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert str(tmp_path / "none.json") in complaint(tmp_path / "none.json")


def test_a_folder_and_bytes_that_are_no_text_are_told_without_the_inner_life_of_python(
    tmp_path: Path,
) -> None:
    (tmp_path / "program").write_bytes(b"\x7fELF\xb0")
    with pytest.raises(ResultsError, match="program: not JSON: it is not text in UTF-8"):
        load_results(tmp_path / "program")
    with pytest.raises(ResultsError, match="cannot be read: Is a directory"):
        load_results(tmp_path)


def test_text_that_is_not_json_is_shown_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_text('{\n "schema_version": oops}')
    assert "line 2, column 20: not JSON" in complaint(path)


def test_another_version_of_the_format_is_refused(tmp_path: Path) -> None:
    assert "schema_version: seen '9'; this harness reads '1'" in complaint(
        written(tmp_path, schema_version="9")
    )


def test_json_that_is_no_object_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_text("[]")
    assert "schema_version" in complaint(path)


def test_unknown_keys_and_wrong_types_are_named(tmp_path: Path) -> None:
    told = complaint(written(tmp_path, surprise=1, duration_s="long"))
    assert "surprise: Extra inputs" in told
    assert "duration_s: Input should be a valid number" in told


def test_a_time_without_a_zone_is_refused(tmp_path: Path) -> None:
    assert "needs a time zone" in complaint(written(tmp_path, started="2026-01-31T12:00:00"))


def test_many_problems_are_counted_and_not_all_told(tmp_path: Path) -> None:
    told = complaint(written(tmp_path, **{f"surprise{number}": 1 for number in range(9)}))
    assert "and 4 more" in told


def test_a_scenario_cannot_be_not_covered() -> None:
    with pytest.raises(ValueError, match="only a requirement can"):
        make_scenario("call/test_it", Verdict.NOT_COVERED)


def test_the_schema_explains_every_key() -> None:
    schema = results_schema()
    objects = [schema, *schema["$defs"].values()]
    keys = [value for entry in objects for value in entry.get("properties", {}).values()]
    assert len(keys) > 50
    assert all("description" in key for key in keys)


def test_a_fault_matrix_is_proven_when_the_baseline_passes_and_all_is_caught(tmp_path: Path) -> None:
    fault = FaultResult(
        name="ack-lost",
        requirement="call.answered",
        description="ACKs are ignored.",
        caught_by=["call/test_it"],
        also_failed=["call/test_another"],
        caught=True,
        duration_s=1.5,
    )
    matrix = FaultMatrix(baseline=Verdict.PASS, faults=[fault])
    save_fault_matrix(matrix, tmp_path / "faults.json")
    assert load_fault_matrix(tmp_path / "faults.json") == matrix
    assert matrix.proven
    assert matrix.scenarios == ["call/test_it", "call/test_another"]
    missed = fault.model_copy(update={"caught": False})
    assert not FaultMatrix(baseline=Verdict.PASS, faults=[fault, missed]).proven
    assert not FaultMatrix(baseline=Verdict.FAIL, faults=[fault]).proven
