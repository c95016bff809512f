"""Certifies Kamailio without a hand on it; what `make certify-demo` runs, as `python -m` this module and OUT.

Kamailio is configured by `harness pbx-config` and started first, the harness plays trunk and phones. Exit
status and folder are those of `harness certify`; docs/interop.md tells what Kamailio fails.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from harness.cli.python_path import child_environment
from tests.interop.free_port import free_port
from tests.interop.kamailio import start_kamailio
from tests.interop.peer_process import Processes

HERE = "127.0.0.1"
PBX_TOML = """\
[pbx]
vendor = "Kamailio project"
product = "Kamailio with uac"
version = "{version}"
address = "{here}:{pbx_port}"

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

[[phone]]
extension = "102"
password = "one-o-two"
rings_for = ["+442079460124", "200"]

[dial]
emergency = "112"

[supports]
several_calls = 4

[timeouts]
appear = 30
setup = 5
registration = 40
"""


def certify_kamailio(out: Path, *words: str) -> int:
    """The exit status of `harness certify`; results lie in `out`."""
    with tempfile.TemporaryDirectory(prefix="sip-harness-demo-") as name:
        folder = Path(name)
        described = folder / "pbx.toml"
        ports = {"pbx_port": free_port(), "trunk_port": free_port()}
        described.write_text(PBX_TOML.format(here=HERE, version=_version(), **ports), encoding="utf-8")
        configured = folder / "kamailio"
        _harness(
            "pbx-config", "kamailio", "--pbx", str(described), "--out", str(configured)
        ).check_returncode()
        texts = {
            str(path.relative_to(configured)): path.read_text("utf-8")
            for path in configured.rglob("*")
            if path.is_file()
        }
        with Processes() as processes:
            start_kamailio(processes, configured, texts)
            command = ["certify", "--pbx", str(described), "--out", str(out), *words]
            return _harness(*command, quiet=False).returncode


def _harness(*words: str, quiet: bool = True) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-m", "harness.cli", *words]
    return subprocess.run(command, env=child_environment(), capture_output=quiet, check=False)


def _version() -> str:
    said = subprocess.run(["kamailio", "-v"], capture_output=True, text=True, check=False).stdout
    return next((word for word in said.split() if word[:1].isdigit()), "unknown")


if __name__ == "__main__":
    sys.exit(certify_kamailio(Path(sys.argv[1] if len(sys.argv) > 1 else "out/kamailio"), *sys.argv[2:]))
