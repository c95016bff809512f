"""A trunk of its own for each test module that makes real load."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.peer_process import Processes
from tests.interop.trunk_process import TrunkProcess, running_trunk

PROFILES = 12


@pytest.fixture(scope="module")
def trunk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrunkProcess]:
    """The reference trunk; the test modules import this fixture by name."""
    folder: Path = tmp_path_factory.mktemp("trunk")
    with Processes() as processes, running_trunk(processes, folder, PROFILES) as started:
        yield started
