"""The network in virtual time: delay, loss, duplication, reordering, and the same from the same seed."""

import pytest

from harness.drivers.errors import AddressUnusable
from harness.drivers.simulated import EPOCH, SimulatedNetwork
from harness.sip.hop import Hop, Packet

HERE = Hop("udp", "192.0.2.1", 5060)
THERE = Hop("udp", "192.0.2.2", 5060)


class Host:
    """Notes what it gets."""

    def __init__(self) -> None:
        self.got: list[tuple[float, bytes]] = []
        self.failed: list[Hop] = []
        self.outbox: list[Packet] = []

    def receive(self, packet: Packet, now: float) -> None:
        self.got.append((round(now - EPOCH, 6), packet.data))

    def next_timer(self) -> float | None:
        return None

    def handle_timers(self, now: float) -> None: ...

    def packets_to_send(self) -> list[Packet]:
        packets, self.outbox = self.outbox, []
        return packets

    def events_received(self) -> list[object]:
        return []

    def transport_failed(self, destination: Hop, now: float) -> None:
        self.failed.append(destination)


def send_numbers(network: SimulatedNetwork, count: int, transport: str = "udp") -> tuple[Host, Host]:
    sender, receiver = Host(), Host()
    source = network.bind(sender, HERE._replace(transport=transport))
    target = network.bind(receiver, THERE._replace(transport=transport))
    sender.outbox = [Packet(str(number).encode(), source, target) for number in range(count)]
    network.run_until(lambda: False, 10)
    return sender, receiver


def test_packets_arrive_after_the_delay() -> None:
    network = SimulatedNetwork(delay=0.25)
    _, receiver = send_numbers(network, 1)
    assert receiver.got == [(0.25, b"0")]
    assert network.now() == EPOCH + 10


def test_the_same_seed_gives_the_same_network() -> None:
    def play(seed: int) -> list[tuple[float, bytes]]:
        return send_numbers(SimulatedNetwork(seed, loss=0.3, duplicate=0.2, reorder=0.2), 100)[1].got

    assert play(7) == play(7)
    assert play(7) != play(8)


def test_lost_packets_are_kept_for_the_test_to_see() -> None:
    network = SimulatedNetwork(3, loss=0.5)
    _, receiver = send_numbers(network, 200)
    assert 60 < len(receiver.got) < 140
    assert len(receiver.got) + len(network.lost) == 200


def test_streams_lose_nothing_and_keep_their_order() -> None:
    _, receiver = send_numbers(SimulatedNetwork(3, loss=0.5, reorder=0.5, duplicate=0.5), 100, "tcp")
    assert [data for _, data in receiver.got] == [str(number).encode() for number in range(100)]


def test_senders_learn_of_what_is_unreachable() -> None:
    network = SimulatedNetwork()
    network.make_unreachable(THERE)
    sender, receiver = send_numbers(network, 1)
    assert (sender.failed, receiver.got) == ([THERE], [])
    assert network.failure_of(THERE) == "port unreachable"


def test_an_address_can_be_bound_once() -> None:
    network = SimulatedNetwork()
    network.bind(Host(), HERE)
    with pytest.raises(AddressUnusable):
        network.bind(Host(), HERE)
