"""`harness serve`: the reference trunk in the foreground, as a process of its own.

Hands its options on; the trunk itself is the package `reference_server`.
"""

import os
import sys
from pathlib import Path

from harness.cli.failure import CommandFailure, ExitStatus
from harness.cli.python_path import child_environment
from harness.cli.trunk_files import trunk_template

DEFAULT_SETTINGS = Path("trunk.toml")


def write_template(path: Path) -> None:
    """Writes a commented trunk.toml. Raises CommandFailure when there is one already."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(trunk_template())
    except FileExistsError:
        message = (
            f"{path}: is there already; remove it, or name another file: harness serve --init --config FILE"
        )
        raise CommandFailure(message, ExitStatus.WRONG_INPUT) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise CommandFailure(f"{path}: can't be written ({reason})", ExitStatus.WRONG_INPUT) from None


def serve(
    settings: Path | None,
    fault: str | None,
    workers: int | None,
    announce: bool,
    make_token: str | None,
    scopes: str | None,
) -> None:
    """Becomes the trunk. Raises CommandFailure when the settings that were named are not there.

    Without any, ``trunk.toml`` is written with one profile. With ``make_token`` the trunk only prints a token
    of that name for its REST API.
    """
    if scopes is not None and make_token is None:
        message = "--scopes: there is no token to make; write --make-token NAME too"
        raise CommandFailure(message, ExitStatus.WRONG_INPUT)
    path = settings or DEFAULT_SETTINGS
    if settings is None and not path.exists():
        write_template(path)
        print(f"{path} was not there; it is written, with one SIP Profile", file=sys.stderr)
    if not path.exists():
        message = f"{path}: there is no such file; write one with: harness serve --init --config {path}"
        raise CommandFailure(message, ExitStatus.WRONG_INPUT)
    command = [sys.executable, "-m", "reference_server", "--config", str(path)]
    if fault is not None:
        command += ["--fault", fault]
    if workers is not None:
        command += ["--workers", str(workers)]
    if announce:
        command.append("--announce")
    if make_token is not None:
        command += ["--make-token", make_token]
    if scopes is not None:
        command += ["--scopes", scopes]
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, command, child_environment())
