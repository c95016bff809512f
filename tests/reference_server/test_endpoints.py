"""Media ports: used again, and refused in SIP's words when there are none left."""

import pytest

from harness.drivers.errors import AddressUnusable
from harness.drivers.simulated import SimulatedNetwork
from harness.sip.hop import Hop
from harness.ua.endpoint import NoMediaPort
from reference_server.endpoints import MediaPorts
from reference_server.inbound import Order
from tests.reference_server.trunk_play import ECHO, USERNAME, TrunkPlay, play

ANSWERS_LATE = "+442079460001"
"""Rings for a second."""
REFUSES = "+442079460486"


def trunk_with_ports(monkeypatch: pytest.MonkeyPatch, count: int) -> TrunkPlay:
    """A trunk whose host gives it so many pairs of ports and no more; phones get theirs."""
    trunk = play()
    bind, opened = SimulatedNetwork.bind_media, []

    def limited(network: SimulatedNetwork, core: object, host: str) -> Hop:
        if core is trunk.trunk:
            opened.append(host)
            if len(opened) > count:
                raise AddressUnusable(Hop("udp", host, 0), "Too many open files")
        return bind(network, core, host)  # type: ignore[arg-type]  # whoever calls is a core

    monkeypatch.setattr(SimulatedNetwork, "bind_media", limited)
    return trunk


def test_a_port_is_used_again_by_the_call_after_the_next() -> None:
    numbers = iter(range(4000, 5000, 2))
    ports = MediaPorts(lambda host: Hop("udp", host, next(numbers)))
    first, second = ports.take("10.0.0.1"), ports.take("10.0.0.1")
    ports.give_back(first)
    ports.give_back(second)
    assert ports.is_left("10.0.0.1")
    assert [ports.take("10.0.0.1").port for _ in range(3)] == [4000, 4002, 4004]


def test_looking_for_a_port_opens_one_that_the_next_call_takes() -> None:
    numbers = iter((4000,))
    ports = MediaPorts(lambda host: Hop("udp", host, next(numbers)))
    assert ports.is_left("10.0.0.1")
    assert ports.is_left("10.0.0.1")
    assert ports.take("10.0.0.1").port == 4000


def test_a_host_without_ports_says_so() -> None:
    def refuse(host: str) -> Hop:
        raise AddressUnusable(Hop("udp", host, 0), "Too many open files")

    ports = MediaPorts(refuse)
    assert not ports.is_left("10.0.0.1")
    with pytest.raises(NoMediaPort, match="Too many open files"):
        ports.take("10.0.0.1")


@pytest.mark.parametrize("number", [ECHO, ANSWERS_LATE])
def test_a_call_without_a_port_is_refused_with_503_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, number: str
) -> None:
    trunk = trunk_with_ports(monkeypatch, 2)
    phone = trunk.phone()
    stand = [phone.call(ECHO).wait_answered() for _ in range(2)]
    refused = phone.call(number)
    refused.wait_ended()
    assert refused.status == 503
    assert trunk.trunk.parts.dispatch.refused["no_media_port"] == 1
    stand[0].play_tone(1004).wait_tone(1004)
    assert trunk.channels_used() == 2
    stand[1].hang_up()
    trunk.wait(1)
    phone.call(number).wait_answered(3)


def test_late_answers_that_compete_for_the_last_port_leave_one_standing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trunk = trunk_with_ports(monkeypatch, 1)
    phone = trunk.phone()
    calls = [phone.call(ANSWERS_LATE) for _ in range(3)]
    trunk.wait(2)
    assert sorted(call.status or 0 for call in calls) == [200, 503, 503]
    assert trunk.channels_used() == 1


def test_a_number_that_refuses_needs_no_port(monkeypatch: pytest.MonkeyPatch) -> None:
    trunk = trunk_with_ports(monkeypatch, 0)
    call = trunk.phone().call(REFUSES)
    call.wait_ended()
    assert call.status == 486


def test_a_call_towards_the_pbx_fails_without_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    trunk = trunk_with_ports(monkeypatch, 0)
    phone = trunk.phone()
    phone.register()
    live = trunk.trunk.place_call(Order(profile=USERNAME), trunk.network.now())
    assert (live.state, live.status) == ("ended", 503)
    assert "no port for RTP" in live.cause
    assert trunk.channels_used() == 0
