"""Certifies baresip alone, a one-line device, without a hand on it; as `python -m` this module and OUT."""

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.interop.baresip_device import COMMANDS, BaresipDevice, account_line
from tests.interop.certification import certify, version_of
from tests.interop.device_desk import DeviceDesk
from tests.interop.free_port import free_port
from tests.interop.one_line import DOMAIN, PASSWORD, USERNAME, OneLine
from tests.interop.peer_process import Processes


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
            line = OneLine("baresip project", "baresip", _version(), registration=100)
            described.write_text(line.described(desk.port, COMMANDS, port, trunk_port), encoding="utf-8")
            return await certify(described, out, *words)


def _version() -> str:
    said = subprocess.run(["baresip", "-v", "-h"], capture_output=True, text=True, check=False).stdout
    return version_of(said)


if __name__ == "__main__":
    place = Path(sys.argv[1] if len(sys.argv) > 1 else "out/baresip")
    sys.exit(asyncio.run(certify_baresip(place, *sys.argv[2:])))
