"""A pytest plugin (`-p tests.virtual.world`) that puts the scenarios into virtual time.

The trunk that target.toml names is then `virtual_trunk` in this process, and the network is simulated:
without faults, or with those that the options ask for. Running the pack so is `pack_run`'s work.
"""

import pytest

from harness.drivers.simulated import SimulatedNetwork
from harness.pytest_plugin.control import Control
from harness.settings.target import TargetSettings
from harness.sip.hop import Hop
from tests.virtual.loss import OneLossPerRequest
from tests.virtual.virtual_trunk import HOST, VirtualTrunk

FAULTS = ("duplicate", "reorder")
"""Probabilities for each UDP packet; loss is `loss`'s."""


class VirtualWorld:
    """One simulated network with the trunk on it."""

    def __init__(self, network: SimulatedNetwork, seed: int, *, observe: bool) -> None:
        self.driver = network
        self._trunk = VirtualTrunk(network, seed, observe=observe)

    def local_host(self, target: Hop) -> str:
        return HOST

    def control(self, url: str) -> Control:
        return self._trunk.control


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("virtual", "The scenarios in virtual time")
    group.addoption("--virtual-seed", type=int, default=0)
    group.addoption("--virtual-observe", action="store_true", help="a trunk that keeps a trace")
    group.addoption("--virtual-delay", type=float, default=0.005, help="seconds one way")
    for fault in ("loss", *FAULTS):
        group.addoption(f"--virtual-{fault}", type=float, default=0.0, help="probability")


class WorldMaker:
    """Answers the harness's question where a run takes place."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @pytest.hookimpl
    def pytest_sip_world(self, target: TargetSettings) -> VirtualWorld:
        option = self._config.getoption
        seed: int = option("--virtual-seed")
        chances = {fault: option(f"--virtual-{fault}") for fault in FAULTS}
        network = SimulatedNetwork(seed, delay=option("--virtual-delay"), **chances)
        network.drop_if = OneLossPerRequest(option("--virtual-loss"), seed)
        return VirtualWorld(network, seed, observe=option("--virtual-observe"))


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Before the harness asks."""
    config.pluginmanager.register(WorldMaker(config), "virtual_world")
