"""A phone of the harness behind the PBX: it waits until it knows what the trunk knows already."""

from collections.abc import Iterator

import pytest

from harness.checks.breach import Inconclusive
from harness.drivers.simulated import SimulatedNetwork
from harness.pytest_plugin.inside_phone import SipCall
from tests.harness.pbx_simulator.faults.play import ECHO, RINGS
from tests.harness.pbx_simulator.virtual_office import VirtualOffice


@pytest.fixture
def office() -> Iterator[VirtualOffice]:
    office = VirtualOffice(SimulatedNetwork(seed=1))
    yield office
    office.trunk.close()


def test_a_hold_waits_for_the_answer(office: VirtualOffice) -> None:
    call = SipCall(office.phone().call(ECHO), office.network)
    call.hold()
    office.wait(1)
    assert len([each for each in office.sent("INVITE") if each.to.tag]) == 1


def test_a_tone_waits_for_the_answer(office: VirtualOffice) -> None:
    call = SipCall(office.phone().call(ECHO), office.network)
    call.play_tone(1004)
    call.sip.wait_tone(1004)


def test_a_call_that_is_never_answered_cannot_be_held(office: VirtualOffice) -> None:
    call = SipCall(office.phone().call(RINGS), office.network)
    with pytest.raises(Inconclusive, match="the phone was not told that its call was answered"):
        call.hold()
