"""Each fault shows on the wire as its line says, and not without it."""

import re
from collections.abc import Callable, Iterator

import pytest

from harness.drivers.simulated import SimulatedNetwork
from harness.faults.fault import UnknownFault
from harness.pbx_simulator.blueprint import Blueprint
from harness.pbx_simulator.faults.registry import FAULTS, install
from harness.requirements.requirement import ID_PATTERN
from tests.harness.pbx_simulator.faults.signs import SIGNS
from tests.harness.pbx_simulator.virtual_office import VirtualOffice, settings
from tests.virtual.virtual_trunk import PROFILES

Opened = Callable[[str | None, str], VirtualOffice]


@pytest.fixture
def open_office() -> Iterator[Opened]:
    offices: list[VirtualOffice] = []

    def open_office(fault: str | None, sign: str) -> VirtualOffice:
        file = settings()
        if sign == "sha256-answered-with-md5":
            profile = next(each for each in PROFILES if each.algorithm == "SHA-256")
            file = settings(username=profile.sip_username, password=profile.password)
        offices.append(VirtualOffice(SimulatedNetwork(seed=5), file, install(fault, Blueprint())))
        return offices[-1]

    yield open_office
    for office in offices:
        office.trunk.close()


@pytest.mark.parametrize("fault", [fault.name for fault in FAULTS])
def test_a_fault_shows_on_the_wire(open_office: Opened, fault: str) -> None:
    assert SIGNS[fault](open_office(fault, fault))


@pytest.mark.parametrize("fault", [fault.name for fault in FAULTS])
def test_without_the_fault_it_does_not_show(open_office: Opened, fault: str) -> None:
    assert not SIGNS[fault](open_office(None, fault))


def test_names_are_unique_and_requirements_well_formed() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 25
    for fault in FAULTS:
        assert fault.requirements
        assert all(re.fullmatch(ID_PATTERN, each) for each in fault.requirements), fault.name


def test_an_unknown_fault_is_named() -> None:
    with pytest.raises(UnknownFault, match="no fault is called 'nonsense'"):
        install("nonsense", Blueprint())
