"""A trunk of its own for each test in virtual time."""

from collections.abc import Iterator

import pytest

from harness.drivers.simulated import SimulatedNetwork
from tests.virtual.virtual_trunk import VirtualTrunk


@pytest.fixture
def network() -> SimulatedNetwork:
    return SimulatedNetwork(seed=1)


@pytest.fixture
def trunk(network: SimulatedNetwork) -> Iterator[VirtualTrunk]:
    trunk = VirtualTrunk(network, seed=1)
    yield trunk
    trunk.close()
