"""The saturation scenarios pass against the reference trunk, on a profile small enough for a busy machine.

Three of them judge time (an answer within 500 ms, audio without gaps), which a trunk that stands still along
with its machine cannot keep: such a run is repeated. Each scenario has to pass once.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from harness.cli.python_path import child_environment
from harness.results import RunResult, ScenarioResult, Verdict, load_results

CHANNELS = "12"
PATIENCE = 200
"""Seconds."""
TRIES = 4
TIMED = {
    "saturation/test_audio_is_good_in_every_call",
    "saturation/test_the_call_beyond_the_limit_is_refused_at_once",
    "saturation/test_channels_of_vanished_callers_come_back",
}


def saturate(folder: Path) -> RunResult:
    folder.mkdir()
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


def is_held_up(scenario: ScenarioResult) -> bool:
    """Whether it failed for want of time: the generator says so itself, the trunk cannot."""
    return "generator" in scenario.reason or scenario.name in TIMED


@pytest.mark.timeout(TRIES * PATIENCE)
def test_a_full_profile_is_judged(tmp_path: Path) -> None:
    passed: set[str] = set()
    for attempt in range(TRIES):
        scenarios = saturate(tmp_path / str(attempt)).scenarios
        assert len(scenarios) == 9
        passed |= {each.name for each in scenarios if each.verdict is Verdict.PASS}
        others = [each for each in scenarios if each.name not in passed]
        assert all(is_held_up(each) for each in others), [(each.name, each.reason) for each in others]
        if not others:
            return
    raise AssertionError([(each.name, each.reason) for each in others])
