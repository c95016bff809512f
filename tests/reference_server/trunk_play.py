"""A trunk on a simulated network, with phones: how the rules of the trunk are played in virtual time."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from harness.drivers.phone import Phone
from harness.drivers.simulated import SimulatedNetwork
from harness.sip.hop import Hop
from harness.ua.account import Account
from reference_server.dialect import Dialect, load_dialect
from reference_server.endpoints import MediaPorts
from reference_server.parts import Blueprint
from reference_server.profile import Profile
from reference_server.settings import ProfileSettings
from reference_server.store.store import Store
from reference_server.trunk import Trunk

TRUNK = Hop("udp", "10.0.0.1", 5060)
USERNAME = "99051000000231"
PASSWORD = "secret"
ECHO = "+17606604690"
ONLINE_NUMBER = "+14155550123"
IP_SOURCE = ("10.0.0.77", 5070)

MAIN: dict[str, Any] = {
    "name": "Head office",
    "sip_username": USERNAME,
    "password": PASSWORD,
    "channels": 3,
    "online_numbers": (ONLINE_NUMBER,),
    "extension_tags": {"sales.example": "200"},
}
OTHERS: tuple[dict[str, Any], ...] = (
    {"sip_username": "99051000000232", "password": "other", "channels": 1},
    {"sip_username": "99051000000233", "auth": "ip", "address": IP_SOURCE[0], "port": IP_SOURCE[1]},
    {"sip_username": "99051000000234", "password": "poor", "credit": "0"},
    {"sip_username": "99051000000235", "password": "idle", "active": False},
    {"sip_username": "99051000000236", "password": "long", "algorithm": "SHA-256"},
)

Change = Callable[[Blueprint], Blueprint]


@dataclass
class TrunkPlay:
    """A trunk, its network and its phones."""

    network: SimulatedNetwork
    trunk: Trunk
    store: Store
    hosts: int = field(default=1)

    def phone(self, username: str = USERNAME, password: str = PASSWORD, **options: Any) -> Phone:
        """A new phone on a host of its own."""
        self.hosts += 1
        local = options.pop("local", (f"10.0.0.{self.hosts}", 5060))
        return Phone(self.network, Account(username, password, TRUNK), local=local, **options)

    def profile(self, username: str = USERNAME) -> Profile:
        """A profile of the trunk."""
        profile = self.trunk.parts.profiles.named(username)
        assert profile is not None
        return profile

    def channels_used(self, username: str = USERNAME) -> int:
        """How many channels of a profile are in use."""
        return self.trunk.parts.channels.used(self.profile(username))

    def wait(self, seconds: float) -> None:
        """Lets time pass."""
        self.network.run_until(lambda: False, seconds)


def play(
    *,
    change: Change | None = None,
    dialect: dict[str, Any] | None = None,
    store: Store | None = None,
    **main: Any,
) -> TrunkPlay:
    """A trunk with its usual profiles; `main` changes the first profile, `dialect` the dialect."""
    network = SimulatedNetwork(seed=1)
    store = store or Store("sqlite://")
    settings = [ProfileSettings.model_validate(one) for one in ({**MAIN, **main}, *OTHERS)]
    store.replace_profiles(settings)
    blueprint = Blueprint(make_dialect(**(dialect or {})))
    if change is not None:
        blueprint = change(blueprint)
    trunk: Trunk

    def open_port(host: str) -> Hop:
        return network.bind_media(trunk, host)

    trunk = Trunk(blueprint, store, MediaPorts(open_port), random.Random(2), network.now())
    network.bind(trunk, TRUNK)
    trunk.listen_at([TRUNK])
    return TrunkPlay(network, trunk, store)


def make_dialect(**changes: Any) -> Dialect:
    """The dialect of the project with other values."""
    return load_dialect("skype_connect").changed(changes)
