"""Which scenarios judge a requirement, and which faults prove that they can fail: the traceability table.

Scenarios say it with their marker; this module reads the markers, runs nothing. The faults come from
the trunk (`known_faults`).
"""

import importlib
import json
import pkgutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from harness.cli.failure import CommandFailure, ExitStatus
from harness.cli.python_path import child_environment
from harness.cli.scenario_process import SCENARIOS
from harness.requirements import Requirement, load_catalogue

PBX_SCENARIOS = "harness.scenarios.pbx"
PROGRAMS = {"trunk": "reference_server", "pbx": "harness.pbx_simulator"}
"""Side -> the module that plays it, and that knows its faults."""
PACKS = {"trunk": SCENARIOS, "pbx": PBX_SCENARIOS}
"""Side -> the scenarios that judge it."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario as its marker and docstring tell."""

    name: str
    """``registration/test_x``, as in results.json (without parameters)."""
    title: str
    requirements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that the reference trunk, or the simulated PBX, can be told to have."""

    name: str
    side: str
    requirement: str
    description: str


@dataclass(frozen=True, slots=True)
class TraceRow:
    """One requirement with all that belongs to it."""

    requirement: Requirement
    scenarios: tuple[str, ...]
    faults: tuple[str, ...]


def known_scenarios(pack: str = SCENARIOS) -> list[Scenario]:
    """Every scenario of a pack; of the trunk's when none is named."""
    package = importlib.import_module(pack)
    found: list[Scenario] = []
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda each: each.name):
        if module.name.startswith("test_"):
            loaded = importlib.import_module(f"{pack}.{module.name}")
            topic = module.name.removeprefix("test_")
            functions = [each for name, each in vars(loaded).items() if name.startswith("test_")]
            found += [_scenario(topic, function) for function in functions]
    return found


def _scenario(topic: str, function: Any) -> Scenario:
    marks = [mark for mark in getattr(function, "pytestmark", []) if mark.name == "requirement"]
    ids = tuple(dict.fromkeys(str(each) for mark in marks for each in mark.args))
    title = (function.__doc__ or function.__name__).strip().splitlines()[0]
    return Scenario(f"{topic}/{function.__name__}", title, ids)


def known_faults(side: str = "trunk") -> list[Fault]:
    """The faults that the trunk, or the simulated PBX, lists. Raises CommandFailure."""
    command = [sys.executable, "-m", PROGRAMS[side], "faults", "--json"]
    done = subprocess.run(
        command, capture_output=True, text=True, env=child_environment(), check=False, timeout=30
    )
    try:
        listed = json.loads(done.stdout)
    except ValueError:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        message = f"{PROGRAMS[side]} did not list its faults: {last}"
        raise CommandFailure(message, ExitStatus.NOT_TESTED) from None
    return [
        Fault(
            name=each["name"],
            side=each.get("side", "trunk"),
            requirement=each["requirement"],
            description=each.get("description", ""),
        )
        for each in listed
    ]


def trace_table(scenarios: Iterable[Scenario], faults: Iterable[Fault]) -> list[TraceRow]:
    """Every requirement of the catalogue, covered or not."""
    by_requirement: dict[str, list[str]] = {}
    for scenario in scenarios:
        for requirement in scenario.requirements:
            by_requirement.setdefault(requirement, []).append(scenario.name)
    proofs: dict[str, list[str]] = {}
    for fault in faults:
        proofs.setdefault(fault.requirement, []).append(fault.name)
    return [
        TraceRow(entry, tuple(by_requirement.get(entry.id, ())), tuple(proofs.get(entry.id, ())))
        for entry in load_catalogue()
    ]
