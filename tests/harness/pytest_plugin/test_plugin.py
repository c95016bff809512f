"""The plugin without a target is inert; with a wrong one it says so in a line."""

import subprocess
import sys
from pathlib import Path

from harness.cli.python_path import child_environment
from harness.cli.scenario_process import plugin_arguments

QUIET = ("-p", "no:locust", "-p", "no:cacheprovider", "-q")


def pytest_in(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A pytest of its own in a folder, with the plugin loaded."""
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", *QUIET, *plugin_arguments(), *arguments]
    return subprocess.run(
        command, cwd=folder, env=child_environment(), capture_output=True, text=True, timeout=250, check=False
    )


def test_without_a_target_nothing_of_the_harness_is_imported(tmp_path: Path) -> None:
    (tmp_path / "test_inert.py").write_text(
        "import sys\n\n\ndef test_inert():\n"
        "    loaded = [name for name in sys.modules if name.startswith('harness.')]\n"
        "    assert set(loaded) <= {'harness.pytest_plugin', 'harness.pytest_plugin.plugin'}, loaded\n",
        encoding="utf-8",
    )
    done = pytest_in(tmp_path)
    assert done.returncode == 0, done.stdout


def test_scenarios_without_a_target_are_a_usage_error(tmp_path: Path) -> None:
    done = pytest_in(tmp_path, "--pyargs", "harness.scenarios.trunk")
    assert done.returncode == 4
    assert "--sip-target FILE" in done.stdout + done.stderr


def test_a_wrong_target_file_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "target.toml").write_text('[target]\naddress = "x:y"\n', encoding="utf-8")
    done = pytest_in(tmp_path, "--pyargs", "harness.scenarios.trunk", "--sip-target", "target.toml")
    assert done.returncode == 4
    assert "target.toml:2: target.address" in done.stdout + done.stderr
