"""Each test module has a trunk and foreign programs of its own; all of them end with the module.

Their output is added to the report of a test that fails.
"""

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.interop.peer_process import Processes
from tests.interop.trunk_process import TrunkProcess, running_trunk

PROFILES = 16
SHOWN = 8_000
"""Characters of a program's output in the report of a failure, the last ones."""


@pytest.fixture(scope="module")
def processes() -> Iterator[Processes]:
    """The programs that this module starts."""
    with Processes() as started:
        yield started


@pytest.fixture(scope="module")
def trunk(processes: Processes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrunkProcess]:
    """The reference trunk of this module."""
    folder: Path = tmp_path_factory.mktemp("trunk")
    with running_trunk(processes, folder, PROFILES) as started:
        yield started


@pytest.fixture(autouse=True)
def only_this_test_is_shown(processes: Processes) -> None:
    """Programs of tests that are over are left out of reports."""
    processes.forget_ended()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Adds what the programs printed to the report of a failed test."""
    report = yield
    arguments: dict[str, Any] = getattr(item, "funcargs", {})
    started = arguments.get("processes")
    if report.failed and isinstance(started, Processes):
        for process in started.all:
            report.sections.append((f"output of {process.name}", process.output[-SHOWN:]))
    return report
