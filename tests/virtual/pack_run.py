"""Runs the trunk's scenarios in virtual time, in a pytest process of their own, and reads what came of it.

The world is `world`; which scenarios are run, and what must come of them, is the tests' business.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import harness.scenarios.trunk
from harness.cli.python_path import child_environment
from harness.cli.scenario_process import SCENARIOS, plugin_arguments
from harness.cli.trunk_files import target_toml
from harness.results import ScenarioResult, load_results
from harness.settings.target import Transport
from tests.virtual.control_in_process import NOWHERE
from tests.virtual.virtual_trunk import LISTENERS, PROFILES

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 500  # seconds of real time that a run may take before something is wrong
OTHER_PLUGINS = ("locust", "cacheprovider", "xdist", "randomly", "timeout")


@dataclass(frozen=True, slots=True)
class PackRun:
    """What a run saw."""

    results: Mapping[str, list[ScenarioResult]]
    """``topic/function`` -> its results, one for each set of parameters."""
    output: str


def scenario_functions() -> Iterator[str]:
    """``topic/function`` of all scenarios, read without running anything."""
    folder = Path(harness.scenarios.trunk.__file__).parent
    for path in sorted(folder.glob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield f"{path.stem.removeprefix('test_')}/{node.name}"


def run_pack(
    folder: Path, *options: str, without: Mapping[str, str], transport: Transport = "udp"
) -> PackRun:
    """Runs all scenarios but those that `without` names; `folder` takes settings and results."""
    target = folder / "target.toml"
    target.write_text(_target(transport), encoding="utf-8")
    settings = folder / "pytest.ini"
    settings.write_text("[pytest]\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "--pyargs", SCENARIOS, "-q", *plugin_arguments()]
    command += ["-p", "tests.virtual.world", "-c", str(settings), "--rootdir", str(folder), *options]
    for plugin in OTHER_PLUGINS:
        command += ["-p", f"no:{plugin}"]
    command += ["--sip-target", str(target), "--sip-out", str(folder)]
    if without:
        words = " or ".join(name.partition("/")[2] for name in without)
        command += ["-k", f"not ({words})"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=child_environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return PackRun(_by_function(folder / "results.json", done.stdout), done.stdout)


def _target(transport: Transport) -> str:
    places = {hop.transport: f"{hop.host}:{hop.port}" for hop in LISTENERS}
    text = target_toml(PROFILES, {**places, "control": NOWHERE})
    return text.replace("[target]\n", f'[target]\ntransport = "{transport}"\n', 1)


def _by_function(path: Path, output: str) -> dict[str, list[ScenarioResult]]:
    if not path.exists():
        raise AssertionError(f"the run gave no results:\n{output}")
    found: dict[str, list[ScenarioResult]] = {}
    for result in load_results(path).scenarios:
        found.setdefault(result.name.partition("[")[0], []).append(result)
    return found
