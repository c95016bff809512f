"""`harness compare` as its user meets it: tables, JSON, exit statuses, sentences for wrong input."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from harness.cli.compare import CompareWishes, compare_runs
from harness.cli.failure import CommandFailure, ExitStatus
from harness.results import ResultsError, save_load_results, save_results
from tests.harness.cli.test_commands import harness, one_line
from tests.reports.certified_run import MUST, make_certified_run
from tests.reports.load_factory import make_load


@pytest.fixture
def good(tmp_path: Path) -> Path:
    save_results(make_certified_run(), tmp_path / "good" / "results.json")
    return tmp_path / "good"


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    save_results(make_certified_run(failed=[MUST[0]]), tmp_path / "bad" / "results.json")
    return tmp_path / "bad"


@pytest.fixture
def load(tmp_path: Path) -> Path:
    save_load_results(make_load(), tmp_path / "load" / "results.json")
    return tmp_path / "load"


def compared(old: Path, new: Path, json_file: Path | None = None) -> tuple[ExitStatus, str]:
    console = Console(file=io.StringIO(), width=120)
    status = compare_runs(CompareWishes(old, new, 20.0, 100.0, json_file), console)
    assert isinstance(console.file, io.StringIO)
    return status, console.file.getvalue()


def test_a_requirement_that_fails_now_is_a_regression(good: Path, bad: Path) -> None:
    status, shown = compared(good, bad)
    assert status is ExitStatus.FAILED
    assert ["worse", MUST[0], "MUST", "pass", "fail"] in [line.split() for line in shown.splitlines()]
    assert "1 changed: 1 worse" in shown


def test_a_repaired_requirement_is_none(good: Path, bad: Path) -> None:
    status, shown = compared(bad, good / "results.json")
    assert status is ExitStatus.PASSED
    assert "1 changed: 1 better" in shown


def test_equal_runs_say_so(good: Path) -> None:
    assert compared(good, good)[1].splitlines()[-1] == "Nothing changed."


def test_load_runs_are_compared_with_each_other(load: Path, good: Path) -> None:
    assert compared(load, load)[0] is ExitStatus.PASSED
    with pytest.raises(CommandFailure, match="is a load run and"):
        compared(load, good)


def test_json_goes_to_a_file_or_to_the_standard_output(good: Path, bad: Path, tmp_path: Path) -> None:
    compared(good, bad, tmp_path / "new" / "c.json")
    content = json.loads((tmp_path / "new" / "c.json").read_text("utf-8"))
    assert content["verdicts"][0]["way"] == "worse"
    done = harness("compare", str(good), str(bad), "--json", "-", cwd=tmp_path)
    assert done.returncode == 1
    assert json.loads(done.stdout) == content


def test_what_is_no_results_file_is_explained(good: Path, tmp_path: Path) -> None:
    with pytest.raises(ResultsError):
        compared(good, tmp_path / "nothing")
    done = harness("compare", str(good), str(tmp_path / "nothing"), cwd=tmp_path)
    assert done.returncode == 2
    assert "nothing: there is no such file; name the results.json of a run" in one_line(done.stderr)
