"""Options of `harness load` that can't be meant: unheeded ones, addresses of other machines, missing files.

Figures and limits are checked by `harness.load.load_settings`, which the workers on other machines read too.
"""

import socket
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from harness.cli.failure import CommandFailure, ExitStatus
from harness.cli.load_process import FILE_OPTIONS
from harness.cli.load_wishes import LoadWishes

KEEP_CALLS = ("MixedChannels", "RegistrationStorm")
"""Users that keep a number of calls or bindings; the others make calls at a rate."""
ELSEWHERE = ("--master", "--worker", "--expect-workers")
"""Options of Locust with which the load is made on other machines too."""


def refuse_what_cannot_be_meant(wishes: LoadWishes, user: str) -> None:
    """Raises CommandFailure (wrong input) for the first option that says nothing for this load."""
    files = _locustfiles(wishes.locust)
    if wishes.search and not wishes.find_limit:
        raise _wrong("--attempts: seen without --find-limit; add --find-limit, or leave --attempts out")
    if wishes.settings.get("calls") is not None and user not in KEEP_CALLS and not files:
        message = f"--calls: {user} makes calls at a rate; write --rate, or --user {' or '.join(KEEP_CALLS)}"
        raise _wrong(message)
    for file in files:
        if not Path(file).exists():
            raise _wrong(f"-f {file}: there is no such file; name a locustfile")
    if not any(each.partition("=")[0] in ELSEWHERE for each in wishes.locust):
        for address in wishes.settings.get("source_addresses") or ():
            _refuse_foreign(address)


def _locustfiles(locust: Sequence[str]) -> list[str]:
    """The files that Locust is told to load; what is fetched from elsewhere is left to Locust."""
    named = [value for option, value in pairwise(locust) if option in FILE_OPTIONS]
    named += [each.partition("=")[2] for each in locust if each.startswith("--locustfile=")]
    return [file for names in named for file in names.split(",") if "://" not in file]


def _refuse_foreign(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((address, 0))
    except OSError as error:
        reason = error.strerror or str(error)
        message = f"--source: {address} can't be called from ({reason}); name an address of this machine"
        raise _wrong(message) from None


def _wrong(message: str) -> CommandFailure:
    return CommandFailure(message, ExitStatus.WRONG_INPUT)
