"""An office of its own for each test in virtual time."""

from collections.abc import Iterator

import pytest

from harness.drivers.simulated import SimulatedNetwork
from tests.harness.pbx_simulator.virtual_office import VirtualOffice


@pytest.fixture
def office() -> Iterator[VirtualOffice]:
    office = VirtualOffice(SimulatedNetwork(seed=1))
    yield office
    office.trunk.close()
