"""Databases and Managers for the tests of the services."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reference_server.manager.managed_trunk import ManagedTrunk


@pytest.fixture
def world() -> ManagedTrunk:
    """A Manager on a database in memory, with 1,000.00 on its balance."""
    managed = ManagedTrunk()
    managed.fund("1000")
    return managed


@pytest.fixture
def file_world(tmp_path: Path) -> Iterator[ManagedTrunk]:
    """A Manager on a database in a file, with 1,000.00 on its balance."""
    managed = ManagedTrunk(f"sqlite:///{tmp_path / 'trunk.sqlite'}")
    managed.fund("1000")
    yield managed
    managed.close()
