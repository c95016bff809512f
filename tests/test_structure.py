"""The shape of the house: who may import whom, and how large a file or a function may grow.

The rules are those of ARCHITECTURE.md. They hold from the first day, because a rule added later finds a
house that has already outgrown it.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULE_LINES = 500
FUNCTION_LINES = 50

FLOOR_1 = {"harness.sip", "harness.media", "harness.requirements", "harness.settings", "harness.results"}
FLOOR_2 = FLOOR_1 | {"harness.ua", "harness.capture"}
FLOOR_3 = FLOOR_2 | {"harness.drivers", "harness.checks"}

MAY_IMPORT: dict[str, set[str]] = {
    "harness.sip": set(),
    "harness.media": set(),
    "harness.requirements": set(),
    "harness.settings": {"harness.sip"},
    "harness.results": set(),
    "harness.ua": {"harness.sip", "harness.media"},
    "harness.capture": {"harness.sip", "harness.media", "harness.results"},
    "harness.faults": {"harness.sip"},  # what is done to packets is the same for a trunk and for a PBX
    "reports": {"harness.results", "harness.requirements"},
    "harness.drivers": {"harness.sip", "harness.media", "harness.ua", "harness.capture"},
    "harness.checks": FLOOR_2 | {"harness.drivers"},
    "harness.scenarios": FLOOR_3 | {"harness.pytest_plugin"},
    "harness.pytest_plugin": FLOOR_3,
    "harness.load": FLOOR_3 | {"harness.scenarios", "harness.pytest_plugin"},
    "harness.pbx_simulator": FLOOR_3 | {"harness.faults"},
    "harness.pbx_configs": {"harness.settings", "harness.sip"},
    "harness.cli": FLOOR_3
    | {"harness.pytest_plugin", "harness.scenarios", "harness.load", "harness.pbx_configs", "reports"}
    | {"harness.pbx_simulator"},
    "reference_server": {"harness.sip", "harness.media", "harness.ua", "harness.drivers", "harness.settings"}
    | {"harness.faults"},
}
"""Who may import whom; a package may always import itself."""

INSIDE_THE_TRUNK: dict[str, set[str]] = {
    "ledger": set(),
    "rating": {"ledger"},
    "store": {"ledger", "rating", "settings"},
    "manager": {"ledger", "rating", "store", "settings", "profile", "control", "trunk"},
    "rest": {"ledger", "rating", "store", "manager", "control"},
    "console": {"ledger", "manager", "control"},
}
"""What the folders of the trunk that deal with money and people may import of it."""

STANDARD_LIBRARY_ONLY = ("harness.sip", "harness.media", "harness.ua")
ONLY_LOAD_IMPORTS = "locust"
OUR_PACKAGES = ("harness", "reference_server", "reports")


def sources() -> Iterator[Path]:
    for folder in OUR_PACKAGES:
        yield from sorted((ROOT / folder).rglob("*.py"))


def all_files() -> Iterator[Path]:
    yield from sources()
    for folder in ("tests", "benchmarks"):
        yield from sorted((ROOT / folder).rglob("*.py"))


def package_of(module: str) -> str:
    parts = module.split(".")
    return parts[0] if parts[0] != "harness" or len(parts) == 1 else ".".join(parts[:2])


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def imported_modules(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            if node.module == "harness":
                for alias in node.names:
                    yield node.lineno, f"harness.{alias.name}"
            else:
                yield node.lineno, node.module


def identifier(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", list(sources()), ids=identifier)
def test_imports_go_down(path: Path) -> None:
    home = package_of(module_of(path))
    for line, module in imported_modules(path):
        target = package_of(module)
        if target.split(".")[0] in ("harness", "reference_server", "reports") and target not in (
            home,
            "harness",
        ):
            allowed = MAY_IMPORT.get(home, set())
            assert target in allowed, f"{identifier(path)}:{line}: {home} may not import {target}"


def test_each_package_has_its_row_and_each_row_its_package() -> None:
    parts = {f"harness.{init.parent.name}" for init in (ROOT / "harness").glob("*/__init__.py")}
    assert set(MAY_IMPORT) == parts | {"reference_server", "reports"}


@pytest.mark.parametrize("folder", sorted(INSIDE_THE_TRUNK))
def test_money_and_people_of_the_trunk_import_downwards(folder: str) -> None:
    for path in sorted((ROOT / "reference_server" / folder).rglob("*.py")):
        for line, module in imported_modules(path):
            parts = module.split(".")
            if parts[0] == "reference_server" and len(parts) > 1 and parts[1] != folder:
                allowed = INSIDE_THE_TRUNK[folder]
                assert parts[1] in allowed, f"{identifier(path)}:{line}: {folder} may not import {parts[1]}"


@pytest.mark.parametrize("path", list(sources()), ids=identifier)
def test_the_core_needs_the_standard_library_alone(path: Path) -> None:
    home = package_of(module_of(path))
    for line, module in imported_modules(path):
        top = module.split(".")[0]
        if home in STANDARD_LIBRARY_ONLY and top != "harness":
            assert top in sys.stdlib_module_names, f"{identifier(path)}:{line}: the core imports {top}"
        if home != "harness.load":
            assert top != ONLY_LOAD_IMPORTS, f"{identifier(path)}:{line}: locust patches the process"


@pytest.mark.parametrize("path", list(all_files()), ids=identifier)
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lines = text.count("\n")
    assert lines <= MODULE_LINES, f"{identifier(path)}: {lines} lines; at most {MODULE_LINES}"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= FUNCTION_LINES, (
                f"{identifier(path)}:{node.lineno}: {node.name} has {length} lines; at most {FUNCTION_LINES}"
            )


@pytest.mark.parametrize("path", list(sources()), ids=identifier)
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), (
        f"{identifier(path)}: opens without a docstring"
    )
