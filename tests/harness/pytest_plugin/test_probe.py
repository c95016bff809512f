"""Whether anybody is there is told soon: in virtual time, so that no busy machine has a say."""

import pytest

from harness.drivers.errors import TargetUnreachable
from harness.drivers.simulated import SimulatedNetwork
from harness.pytest_plugin.probe import probe
from harness.sip.hop import Hop
from harness.ua.account import Account

TARGET = Hop("udp", "192.0.2.1", 5060)
SOON = 5.0
"""Seconds within which a user must be told that nobody is there."""


def reason(network: SimulatedNetwork) -> tuple[str, float]:
    """What is said of a target where nobody answers, and after how many seconds."""
    began = network.now()
    with pytest.raises(TargetUnreachable) as caught:
        probe(network, Account("100", "x", TARGET), ("192.0.2.9", 0))
    return str(caught.value), network.now() - began


def test_a_target_that_is_silent_is_told_soon_with_what_was_tried() -> None:
    words, took = reason(SimulatedNetwork())
    assert "no answer to OPTIONS and REGISTER over udp" in words
    assert took < SOON


def test_a_target_that_refuses_is_told_at_once() -> None:
    network = SimulatedNetwork()
    network.make_unreachable(TARGET)
    words, took = reason(network)
    assert "port unreachable (tried OPTIONS over udp)" in words
    assert took < 1.0
