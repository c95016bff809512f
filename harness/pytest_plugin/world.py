"""Where a run takes place: the driver of its phones, the address they bind, the way to the control API.

`SocketWorld` is the one of every run against a target: real sockets and HTTP. Another one, such as a
simulated network whose clock jumps, is handed in by a pytest plugin through the hook `pytest_sip_world`
(`plugin.Hooks`); scenarios notice no difference.
"""

from typing import Protocol

from harness.drivers.blocking import BlockingDriver
from harness.drivers.driver import Driver
from harness.drivers.local_address import local_host_towards
from harness.pytest_plugin.control import Control
from harness.sip.hop import Hop


class World(Protocol):
    """What `scenario_run` needs of a world."""

    @property
    def driver(self) -> Driver:
        """What the phones of the run work on; the run closes it."""

    def local_host(self, target: Hop) -> str:
        """The address that a phone binds to reach the target."""

    def control(self, url: str) -> Control:
        """The control API that target.toml names."""


class SocketWorld:
    """The network of this machine, in real time."""

    def __init__(self) -> None:
        self.driver = BlockingDriver()

    def local_host(self, target: Hop) -> str:
        return local_host_towards(target)

    def control(self, url: str) -> Control:
        return Control(url)
