"""One run of `harness certify` beside the phones that a `DeviceDesk` moves."""

import asyncio
import sys
from collections.abc import Iterable
from pathlib import Path

from harness.cli.python_path import child_environment

PARAMETERS = {"dial": " {number}", "digits": " {digits}"}
"""Actions with a parameter, as pbx.toml writes it."""
OF_THE_PBX = ("unregister", "register")
"""Actions of a device that is itself the PBX: they stop and start it, as far as the trunk sees."""


def phone_commands(port: int, actions: Iterable[str]) -> str:
    """The table [phone.commands] of a phone whose desk listens on that port."""
    lines = [
        f'{action} = "{remote(port)} {action}{PARAMETERS.get(action, "")}"'
        for action in (*actions, "watch")
        if action not in OF_THE_PBX
    ]
    return "\n".join(["[phone.commands]", *lines, ""])


def pbx_commands(port: int) -> str:
    """The keys of [pbx] that stop and start such a device."""
    return f'stop = "{remote(port)} unregister"\nstart = "{remote(port)} register"'


def remote(port: int) -> str:
    """The command line that moves the phone at a desk, without its action."""
    return f"{sys.executable} -m tests.interop.device_remote {port}"


async def certify(described: Path, out: Path, *words: str) -> int:
    """The exit status of `harness certify`; results lie in `out`."""
    command = ["-m", "harness.cli", "certify", "--pbx", str(described), "--out", str(out), *words]
    running = await asyncio.create_subprocess_exec(sys.executable, *command, env=child_environment())
    return await running.wait()


def version_of(said: str) -> str:
    """The first word of what a program says of itself that begins with a digit, without a `v` before it."""
    found = (word.removeprefix("v") for word in said.split())
    return next((word for word in found if word[:1].isdigit()), "unknown")
