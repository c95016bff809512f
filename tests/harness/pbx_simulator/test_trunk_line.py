"""When REGISTER is sent: in time, with patience, and once more at the end."""

from itertools import pairwise

import pytest

from harness.drivers.simulated import SimulatedNetwork
from harness.sip.message import Response
from tests.harness.pbx_simulator.virtual_office import PROFILE, VirtualOffice, settings
from tests.virtual.virtual_trunk import PROFILES


def bound(office: VirtualOffice) -> bool:
    return bool(office.trunk.control.profile(office.file.pbx.username)["bindings"])


@pytest.mark.parametrize("granted", [60, 100, 3600])
def test_the_binding_never_lapses(office: VirtualOffice, granted: int) -> None:
    office.trunk.control.direct(PROFILE.sip_username, register={"expires_granted": granted})
    for _ in range(40):
        office.wait(17)
        assert bound(office)


def test_a_423_is_obeyed_and_remembered(office: VirtualOffice) -> None:
    office.trunk.control.direct(PROFILE.sip_username, register={"min_expires": 600})
    office.wait(1000)
    assert [each.headers.get("Expires") for each in office.sent("REGISTER")][-2:] == ["600", "600"]
    statuses = [
        each.packet.data[8:11] for each in office.network.trace if each.packet.data.startswith(b"SIP/2.0 423")
    ]
    assert len(statuses) == 1
    assert bound(office)


def test_a_stale_nonce_is_renewed(office: VirtualOffice) -> None:
    office.trunk.control.direct(PROFILE.sip_username, register={"stale": True, "times": 1})
    office.wait(1)
    assert len(office.sent("REGISTER")) == 3
    assert bound(office)


def test_a_refusal_is_followed_by_pauses_that_grow(office: VirtualOffice) -> None:
    office.trunk.control.direct(PROFILE.sip_username, register={"status": 503})
    office.wait(200)
    office.trunk.control.direct(PROFILE.sip_username)
    office.wait(300)
    pauses = [after - before for before, after in pairwise(office.times("REGISTER"))]
    assert pauses[:4] == pytest.approx([4, 8, 16, 32], abs=0.1)
    assert bound(office)


def test_retry_after_is_obeyed(office: VirtualOffice) -> None:
    office.trunk.control.direct(PROFILE.sip_username, register={"status": 503, "retry_after": 50, "times": 1})
    office.wait(100)
    first, second, _ = office.times("REGISTER")
    assert second - first == pytest.approx(50, abs=0.1)


@pytest.mark.parametrize("value", ["", "soon", "5 (in a while)", "7;duration=3", "-1"])
def test_a_retry_after_that_cannot_be_read_does_no_harm(office: VirtualOffice, value: str) -> None:
    response = Response.build(503, "Service Unavailable", [("Retry-After", value)])
    office.pbx.line.failures = 1
    assert office.pbx.line.retry_after(response) in (4.0, 5.0, 7.0)


def test_sha_256_is_answered() -> None:
    profile = next(each for each in PROFILES if each.algorithm == "SHA-256")
    office = VirtualOffice(
        SimulatedNetwork(seed=4), settings(username=profile.sip_username, password=profile.password)
    )
    office.phone().call("+17606604690").wait_answered()
    assert bound(office)
    office.trunk.close()


def test_stopping_before_there_is_a_binding_says_nothing() -> None:
    network = SimulatedNetwork(seed=6)
    network.drop_if = lambda packet: packet.data.startswith(b"REGISTER")
    office = VirtualOffice(network)
    office.wait(1)
    office.pbx.stop(network.now())
    office.wait(100)
    assert {each.headers.get("Expires") for each in office.sent("REGISTER")} == {"300"}
    office.trunk.close()
