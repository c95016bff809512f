"""The saturation scenarios pass against the reference trunk, on a profile small enough for a busy machine."""

import subprocess
import sys
from pathlib import Path

import pytest

from harness.cli.python_path import child_environment
from harness.results import RunResult, Verdict, load_results

CHANNELS = "12"
PATIENCE = 100
"""Seconds."""
TRIES = 3
"""A generator that other tests hold up says so, and nothing is judged then."""


def saturate(folder: Path) -> RunResult:
    command = [sys.executable, "-m", "harness.cli", "run", "--out", "out", "--channels", CHANNELS]
    subprocess.run(
        [*command, "-k", "saturation"],
        cwd=folder,
        env=child_environment(),
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    return load_results(folder / "out" / "results.json")


@pytest.mark.timeout(TRIES * PATIENCE)
def test_a_full_profile_is_judged(tmp_path: Path) -> None:
    for attempt in range(TRIES):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        scenarios = saturate(folder).scenarios
        held_up = [each for each in scenarios if "generator" in each.reason]
        if not held_up:
            break
    verdicts = {each.name: (each.verdict, each.reason) for each in scenarios}
    assert len(verdicts) == 9
    assert {verdict for verdict, _ in verdicts.values()} == {Verdict.PASS}, verdicts
