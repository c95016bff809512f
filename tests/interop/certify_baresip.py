"""Certifies baresip alone, a device with one line that commands move; as `python -m` this module and OUT."""

import subprocess
import sys
import tempfile
from pathlib import Path

from harness.cli.python_path import child_environment
from tests.interop.baresip import CONFIG, MODULES, PLAYED, TONE_SECONDS
from tests.interop.free_port import free_port
from tests.interop.peer_process import Processes
from tests.interop.program import installed_program
from tests.interop.wave_file import write_tone

USERNAME, PASSWORD = "99051000000231", "kR7vWq2mXe9LtB"
PBX_TOML = """\
[pbx]
vendor = "baresip project"
product = "baresip"
version = "{version}"
address = "127.0.0.1:{port}"

[trunk]
listen = "127.0.0.1:{trunk_port}"
password = "{password}"
online_numbers = ["+442079460123"]

[[phone]]
extension = "baresip"
rings_for = ["{username}"]
[phone.commands]
dial = "{remote} dial {{number}}"
hang_up = "{remote} hangup"
hold = "{remote} hold"
resume = "{remote} resume"

[dial]
short_number = ""

[supports]
several_calls = 1
routes_by_number = false
national_numbers = false
short_numbers = false
unregister = false

[timeouts]
appear = 30
registration = 40
"""
ACCOUNT = (
    '<sip:{username}@sip.skype.com>;auth_pass={password};outbound="sip:127.0.0.1:{port}";answermode=auto\n'
)


def certify_baresip(out: Path, *words: str) -> int:
    """The exit status of `harness certify`; results lie in `out`."""
    program = installed_program("baresip")
    with tempfile.TemporaryDirectory(prefix="sip-harness-baresip-") as name, Processes() as processes:
        folder = Path(name)
        control, trunk_port, port = free_port(), free_port(), free_port()
        write_tone(folder / "played.wav", PLAYED, TONE_SECONDS)
        config = CONFIG.format(folder=folder, modules=MODULES, control_port=control)
        account = ACCOUNT.format(username=USERNAME, password=PASSWORD, port=trunk_port)
        for file, text in {"config": config, "accounts": account, "contacts": "\n"}.items():
            (folder / file).write_text(text, "utf-8")
        remote = f"{sys.executable} -m tests.interop.baresip_remote {control}"
        described = folder / "pbx.toml"
        described.write_text(
            PBX_TOML.format(
                version=_version(program),
                port=port,
                trunk_port=trunk_port,
                password=PASSWORD,
                username=USERNAME,
                remote=remote,
            ),
            encoding="utf-8",
        )
        processes.start("baresip", [program, "-f", str(folder), "-s"], folder).wait_output("baresip is ready")
        command = [sys.executable, "-m", "harness.cli", "certify", "--pbx", str(described), "--out", str(out)]
        return subprocess.run([*command, *words], env=child_environment(), check=False).returncode


def _version(program: str) -> str:
    said = subprocess.run([program, "-v", "-h"], capture_output=True, text=True, check=False).stdout
    return next((word for word in said.replace("v", " ").split() if word[:1].isdigit()), "unknown")


if __name__ == "__main__":
    sys.exit(certify_baresip(Path(sys.argv[1] if len(sys.argv) > 1 else "out/baresip"), *sys.argv[2:]))
