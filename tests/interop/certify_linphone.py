"""Certifies linphonec alone, a one-line device, without a hand on it; as `python -m` this module and OUT.

It runs with the configuration that `harness pbx-config linphone` prints.
"""

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

from harness.pbx_configs.recipe import Inputs, load_recipe, render_recipe
from harness.settings.pbx import load_pbx
from tests.interop.certification import certify, version_of
from tests.interop.device_desk import DeviceDesk
from tests.interop.free_port import free_port
from tests.interop.linphone_device import COMMANDS, LinphoneDevice
from tests.interop.linphonec import PLAYED, TONE_SECONDS
from tests.interop.one_line import DOMAIN, PASSWORD, OneLine
from tests.interop.program import installed_program
from tests.interop.wave_file import write_tone


async def certify_linphone(out: Path, *words: str, transport: str = "udp") -> int:
    """The exit status of `harness certify`; results lie in `out`."""
    program = installed_program("linphonec")
    with tempfile.TemporaryDirectory(prefix="sip-harness-linphone-") as name:
        folder = Path(name)
        desk = DeviceDesk()
        device = LinphoneDevice(desk, DOMAIN, PASSWORD)
        said = subprocess.run([program, "-v"], capture_output=True, text=True, check=False).stdout
        described = folder / "pbx.toml"
        async with desk.serve(device):
            line = OneLine(
                "Belledonne", "linphone", version_of(said), registration=60, sha256=False, transport=transport
            )
            text = line.described(desk.port, COMMANDS, free_port(), free_port())
            described.write_text(text, encoding="utf-8")
            _write_settings(described)
            await device.start(program, folder / "linphonerc")
            return await certify(described, out, *words)


def _write_settings(described: Path) -> None:
    """linphonerc as `harness pbx-config` has it, and a file to play."""
    folder, pbx = described.parent, load_pbx(described)
    inputs = Inputs(pbx, pbx.trunk.hop(pbx.pbx.transport), str(folder))
    for file, text in render_recipe(load_recipe("linphone"), inputs).items():
        (folder / file).write_text(text, "utf-8")
    write_tone(folder / "played.wav", PLAYED, TONE_SECONDS)


if __name__ == "__main__":
    place = Path(sys.argv[1] if len(sys.argv) > 1 else "out/linphone")
    sys.exit(asyncio.run(certify_linphone(place, *sys.argv[2:])))
