"""The reference trunk in virtual time: core, database in memory and control API on a simulated network.

One process, no sockets, no sleeping. Phones of `harness.drivers.phone` are put on `network` beside it;
`world` offers it to the scenarios, `test_long_timers` uses it directly.
"""

import random
import tomllib
from collections.abc import Iterable

from harness.cli.trunk_files import embedded_profiles, trunk_toml
from harness.drivers.phone import Phone
from harness.drivers.simulated import SimulatedNetwork
from harness.settings.target import Profile
from harness.sip.hop import Hop
from harness.ua.account import Account
from reference_server.control.application import make_application
from reference_server.control.desk import ControlDesk
from reference_server.dialect import load_dialect
from reference_server.endpoints import MediaPorts
from reference_server.metrics import Metrics
from reference_server.parts import Blueprint
from reference_server.settings import ProfileSettings, TrunkFile
from reference_server.stage.observed_parts import observed
from reference_server.store.store import Store
from reference_server.trunk import Trunk
from tests.virtual.control_in_process import ControlInProcess

HOST = "127.0.0.1"
LISTENERS = (Hop("udp", HOST, 5060), Hop("tcp", HOST, 5060), Hop("tls", HOST, 5061))
IP_MODE = ("127.0.0.2", 5080)
"""Address and port of the profile that is known by them."""
COMMIT_WINDOW = 0.004
"""Seconds, as in a trunk that runs as a process: answers are held back here too."""
PROFILES = embedded_profiles(*IP_MODE)


class VirtualTrunk:
    """A trunk with the profiles of an embedded run, and the network it listens on."""

    def __init__(self, network: SimulatedNetwork, seed: int = 0, *, observe: bool = False) -> None:
        blueprint = Blueprint(load_dialect("skype_connect"))
        self.network = network
        self.store = Store("sqlite://")
        self.store.replace_profiles(settings_of(PROFILES))
        self.core = Trunk(
            observed(blueprint)[0] if observe else blueprint,
            self.store,
            MediaPorts(lambda host: network.bind_media(self.core, host)),
            random.Random(f"trunk {seed}"),
            network.now(),
            commit_window=COMMIT_WINDOW,
        )
        for account in file_of(PROFILES).account:
            self.core.take_account(account)
        for place in LISTENERS:
            network.bind(self.core, place)
        self.core.listen_at(LISTENERS)
        metrics = Metrics(self.core, network.now)
        desk = ControlDesk(self.core, self.store, metrics, network.now, pump=lambda: None)
        self.control = ControlInProcess(make_application(desk))

    def phone(self, profile: Profile = PROFILES[0], port: int = 0) -> Phone:
        """A phone of a profile, over UDP."""
        account = Account(profile.sip_username, profile.password, LISTENERS[0])
        return Phone(self.network, account, local=(HOST, port))

    def channels_used(self, profile: Profile = PROFILES[0]) -> int:
        """How many channels of a profile carry calls now."""
        return int(self.control.profile(profile.sip_username)["channels_used"])

    def close(self) -> None:
        """Closes the database."""
        self.store.close()


def settings_of(profiles: Iterable[Profile]) -> tuple[ProfileSettings, ...]:
    """The profiles as trunk.toml gives them to a trunk."""
    return file_of(profiles).profile


def file_of(profiles: Iterable[Profile]) -> TrunkFile:
    """The whole of the trunk.toml that goes with these profiles."""
    return TrunkFile.model_validate(tomllib.loads(trunk_toml(tuple(profiles))))
