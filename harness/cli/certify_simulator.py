"""`harness certify --simulate-pbx`: the simulated PBX in the place of a real one, and its pbx.toml.

Its addresses are free ports of this machine; what else pbx.toml says (mode, numbers, phones) it obeys. The
PBX itself is `harness.pbx_simulator`.
"""

import importlib.metadata

from harness.cli.python_path import child_environment
from harness.drivers.free_port import free_port
from harness.pbx_simulator.child_process import SimulatedPbx
from harness.pbx_simulator.settings import ExtensionSettings, PbxSettings
from harness.pbx_simulator.settings import PbxFile as SimulatorFile
from harness.settings.pbx import PbxFile
from harness.sip.hop import Hop

HERE = "127.0.0.1"
NUMBERS = ("+442079460123", "+442079460124")
ACCOUNT, TAG = "sales.example", "200"
USERNAME = "99051000000231"
CHANNELS = 6
EXPIRES = 300
"""Seconds that it asks for."""
APPEAR = 8.0
"""Seconds until it must have registered."""
RETRY_AFTER = 1.5
"""Seconds until its first retry; it waits twice as long each time."""


def simulated_settings(mode: str = "registration") -> PbxFile:
    """A pbx.toml for the simulated PBX."""
    return PbxFile.model_validate(
        {
            "pbx": {
                "vendor": "Reference",
                "product": "PBX simulator",
                "version": _version(),
                "mode": mode,
                "address": f"{HERE}:5060",
            },
            "trunk": {
                "listen": f"{HERE}:0",
                "online_numbers": NUMBERS,
                "extension_tags": {ACCOUNT: TAG},
                "channels": CHANNELS,
                "sip_username": USERNAME,
            },
            "phone": (
                {"extension": "101", "password": "one-o-one", "rings_for": (NUMBERS[0], USERNAME)},
                {"extension": "102", "password": "one-o-two", "rings_for": (NUMBERS[1], TAG)},
            ),
            "dial": {"emergency": "112"},
            "timeouts": {"appear": APPEAR, "setup": 5.0, "registration": 10.0},
        }
    )


def on_free_ports(pbx: PbxFile) -> PbxFile:
    """The same with addresses of this machine for trunk, PBX and phones."""
    outside, inside = f"{HERE}:{free_port(HERE)}", f"{HERE}:{free_port(HERE)}"
    phones = [each.model_copy(update={"address": inside, "transport": "udp"}) for each in pbx.phones]
    return pbx.model_copy(
        update={
            "pbx": pbx.pbx.model_copy(update={"address": outside}),
            "trunk": pbx.trunk.model_copy(update={"listen": f"{HERE}:0", "tls_listen": f"{HERE}:0"}),
            "phones": tuple(phones),
        }
    )


def simulated_pbx(pbx: PbxFile, trunk: dict[str, str], fault: str | None) -> SimulatedPbx:
    """The simulated PBX for a pbx.toml whose addresses are `on_free_ports`, not started yet."""
    phones = [each for each in pbx.phones if each.kind == "sip"]
    inside = pbx.phone_hop(phones[0]) if phones else Hop("udp", HERE, 0)
    settings = SimulatorFile(
        pbx=PbxSettings(
            trunk=trunk[pbx.pbx.transport],
            transport=pbx.pbx.transport,
            username=pbx.trunk.sip_username,
            password=pbx.trunk.password,
            domain=pbx.trunk.domain,
            mode=pbx.pbx.mode,
            country_code=pbx.trunk.country_code,
            listen=f"{inside.host}:{inside.port}",
            trunk_listen=pbx.pbx.address,
            expires=EXPIRES,
            retry_after=RETRY_AFTER,
        ),
        extension=tuple(ExtensionSettings(number=each.extension, password=each.password) for each in phones),
        inbound={number: each.extension for each in phones for number in each.rings_for},
    )
    return SimulatedPbx(settings, fault, environment=child_environment())


def _version() -> str:
    try:
        return importlib.metadata.version("sip-harness")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
