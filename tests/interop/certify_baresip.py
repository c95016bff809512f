"""Certifies baresip alone, a one-line device, without a hand on it; as `python -m` this module and OUT."""

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.interop.baresip_device import COMMANDS, BaresipDevice, account_line
from tests.interop.certification import certify, pbx_commands, phone_commands, version_of
from tests.interop.device_desk import DeviceDesk
from tests.interop.free_port import free_port
from tests.interop.peer_process import Processes

DOMAIN = "sip.skype.com"
USERNAME, PASSWORD = "99051000000231", "kR7vWq2mXe9LtB"
PBX_TOML = """\
[pbx]
vendor = "baresip project"
product = "baresip"
version = "{version}"
address = "127.0.0.1:{port}"
{power}

[trunk]
listen = "127.0.0.1:{trunk_port}"
password = "{password}"
online_numbers = ["+442079460123"]

[[phone]]
extension = "baresip"
rings_for = ["{username}"]
{commands}
[dial]
short_number = ""

[supports]
several_calls = 1
routes_by_number = false
national_numbers = false
short_numbers = false
emergency_route = false

[timeouts]
appear = 30
registration = 100
"""


async def certify_baresip(out: Path, *words: str) -> int:
    """The exit status of `harness certify`; results lie in `out`."""
    with tempfile.TemporaryDirectory(prefix="sip-harness-baresip-") as name, Processes() as processes:
        folder = Path(name)
        trunk_port, port = free_port(), free_port()
        desk = DeviceDesk()
        address = f"127.0.0.1:{trunk_port}"
        device = BaresipDevice(desk, DOMAIN, account_line(USERNAME, PASSWORD, DOMAIN, address))
        described = folder / "pbx.toml"
        async with desk.serve(device):
            await device.start(processes, folder, port)
            text = PBX_TOML.format(
                version=_version(),
                port=port,
                trunk_port=trunk_port,
                password=PASSWORD,
                username=USERNAME,
                commands=phone_commands(desk.port, COMMANDS),
                power=pbx_commands(desk.port),
            )
            described.write_text(text, encoding="utf-8")
            return await certify(described, out, *words)


def _version() -> str:
    said = subprocess.run(["baresip", "-v", "-h"], capture_output=True, text=True, check=False).stdout
    return version_of(said)


if __name__ == "__main__":
    place = Path(sys.argv[1] if len(sys.argv) > 1 else "out/baresip")
    sys.exit(asyncio.run(certify_baresip(place, *sys.argv[2:])))
