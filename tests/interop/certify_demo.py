"""Certifies Kamailio without a hand on it; what `make certify-demo` runs, as `python -m` this module and OUT.

Kamailio is configured by `harness pbx-config` and started first. Behind it are two baresips, or with
`--phones harness` phones of the harness, or with `--phones sipp` SIPp. Exit status and folder are those of
`harness certify`; docs/interop.md tells what Kamailio fails.
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from harness.cli.python_path import child_environment
from tests.interop.baresip_device import COMMANDS as BARESIP_COMMANDS
from tests.interop.baresip_device import BaresipDevice, account_line
from tests.interop.certification import certify, phone_commands, version_of
from tests.interop.device_desk import DeviceDesk
from tests.interop.free_port import free_port
from tests.interop.kamailio import start_kamailio
from tests.interop.peer_process import Processes
from tests.interop.sipp_device import COMMANDS as SIPP_COMMANDS
from tests.interop.sipp_device import SippDevice

HERE = "127.0.0.1"
DOMAIN = "sip.skype.com"
PHONES = {"101": "one-o-one", "102": "one-o-two"}
"""Extension -> password."""
KINDS = ("baresip", "sipp", "harness")
"""What may stand behind Kamailio."""
PBX_TOML = """\
[pbx]
vendor = "Kamailio project"
product = "Kamailio with uac"
version = "{version}"
address = "{here}:{pbx_port}"
transport = "{transport}"

[trunk]
listen = "{here}:{trunk_port}"
password = "kR7vWq2mXe9LtB"
channels = 4
online_numbers = ["+442079460123", "+442079460124"]
extension_tags = {{ "sales.example" = "200" }}

[[phone]]
extension = "101"
password = "one-o-one"
rings_for = ["+442079460123", "99051000000231"]
{first}
[[phone]]
extension = "102"
password = "one-o-two"
rings_for = ["+442079460124", "200"]
{second}
[dial]
emergency = "112"

[supports]
several_calls = 4

[timeouts]
appear = 100
setup = 20
registration = 75
"""


async def certify_kamailio(out: Path, *words: str, phones: str = "baresip", transport: str = "udp") -> int:
    """The exit status of `harness certify`; results lie in `out`."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sip-harness-demo-")))
        processes = stack.enter_context(Processes())
        ports = {"pbx_port": free_port(), "trunk_port": free_port()}
        pbx = f"{HERE}:{ports['pbx_port']}"
        desks = {} if phones == "harness" else {extension: DeviceDesk() for extension in PHONES}
        devices = {extension: _device(phones, extension, pbx, desk) for extension, desk in desks.items()}
        for extension, desk in desks.items():
            await stack.enter_async_context(desk.serve(devices[extension]))
        actions = BARESIP_COMMANDS if phones == "baresip" else SIPP_COMMANDS
        commands = [phone_commands(desk.port, actions) for desk in desks.values()] or ["", ""]
        described = folder / "pbx.toml"
        text = PBX_TOML.format(
            here=HERE, version=_version(), transport=transport, **ports, first=commands[0], second=commands[1]
        )
        described.write_text(text, encoding="utf-8")
        start_kamailio(processes, folder / "kamailio", _configuration(described))
        for extension, device in devices.items():
            (folder / extension).mkdir()
            await device.start(processes, folder / extension)
        return await certify(described, out, *words)


def _device(phones: str, extension: str, pbx: str, desk: DeviceDesk) -> BaresipDevice | SippDevice:
    if phones == "sipp":
        return SippDevice(desk, extension, PHONES[extension], pbx)
    return BaresipDevice(desk, DOMAIN, account_line(extension, PHONES[extension], DOMAIN, pbx))


def _configuration(described: Path) -> dict[str, str]:
    """What `harness pbx-config kamailio` writes: file name -> text."""
    configured = described.parent / "kamailio"
    words = ["pbx-config", "kamailio", "--pbx", str(described), "--out", str(configured)]
    command = [sys.executable, "-m", "harness.cli", *words]
    subprocess.run(command, env=child_environment(), capture_output=True, check=True)
    files = [path for path in configured.rglob("*") if path.is_file()]
    return {str(path.relative_to(configured)): path.read_text("utf-8") for path in files}


def _version() -> str:
    said = subprocess.run(["kamailio", "-v"], capture_output=True, text=True, check=False).stdout
    return version_of(said)


def _main() -> int:
    parser = argparse.ArgumentParser(description="Certifies Kamailio without a hand on it.")
    parser.add_argument("out", nargs="?", type=Path, default=Path("out/kamailio"))
    parser.add_argument("--phones", choices=KINDS, default="baresip")
    parser.add_argument("--transport", choices=("udp", "tcp", "tls"), default="udp")
    parsed, words = parser.parse_known_args()
    run = certify_kamailio(parsed.out, *words, phones=parsed.phones, transport=parsed.transport)
    return asyncio.run(run)


if __name__ == "__main__":
    sys.exit(_main())
