"""The trunk's scenarios cannot tell three workers from one process."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.cli.embedded_trunk import IP_MODE_ADDRESS
from harness.cli.trunk_files import embedded_profiles, target_toml, trunk_toml
from harness.drivers.free_port import free_port
from harness.results import Verdict, load_results

LEAST = 140
"""Scenarios that ran, or something is wrong with the test."""
PATIENCE = 600.0  # seconds


@contextmanager
def target_of_workers(folder: Path) -> Iterator[Path]:
    """The target.toml of a trunk of three workers with the profiles of an embedded run."""
    profiles = embedded_profiles(IP_MODE_ADDRESS, free_port(IP_MODE_ADDRESS))
    settings = folder / "trunk.toml"
    settings.write_text(trunk_toml(profiles), "utf-8")
    command = [sys.executable, "-m", "reference_server", "--config", str(settings), "--workers", "3"]
    with subprocess.Popen([*command, "--announce"], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            announced = json.loads(process.stdout.readline())
            target = folder / "target.toml"
            target.write_text(target_toml(profiles, {key: str(announced[key]) for key in announced}), "utf-8")
            yield target
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()


@pytest.mark.timeout(900)
def test_every_scenario_passes_against_three_workers(tmp_path: Path) -> None:
    """Those of saturation have a generator of their own and are not for a machine that runs tests."""
    with target_of_workers(tmp_path) as target:
        command = [sys.executable, "-m", "harness.cli", "run", "--target", str(target)]
        command += ["--out", str(tmp_path / "out"), "-k", "not saturation"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    results = load_results(tmp_path / "out" / "results.json").scenarios
    bad = [f"{each.name}: {each.reason}" for each in results if each.verdict is not Verdict.PASS]
    assert (done.returncode, bad) == (0, []), done.stdout
    assert len(results) >= LEAST
