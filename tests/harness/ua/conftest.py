"""Two phones on a network in virtual time, for the plays of this folder."""

from collections.abc import Iterator

import pytest

from harness.drivers.phone import Phone
from harness.drivers.simulated import SimulatedNetwork
from harness.sip.hop import Hop
from harness.ua.account import Account

ALICE = Hop("udp", "192.0.2.1", 5060)
BOB = Hop("udp", "192.0.2.2", 5060)


@pytest.fixture
def network() -> SimulatedNetwork:
    return SimulatedNetwork(seed=1)


@pytest.fixture
def alice(network: SimulatedNetwork) -> Iterator[Phone]:
    account = Account("alice", "secret", BOB, domain="example.com")
    with Phone(network, account, local=(ALICE.host, ALICE.port)) as phone:
        yield phone


@pytest.fixture
def bob(network: SimulatedNetwork) -> Iterator[Phone]:
    account = Account("bob", "secret", ALICE, domain="example.com")
    with Phone(network, account, local=(BOB.host, BOB.port)) as phone:
        yield phone
