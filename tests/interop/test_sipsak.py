"""sipsak asks for OPTIONS and registers; its exit status is its verdict."""

from pathlib import Path

import pytest

from tests.interop.peer_process import PeerProcess, Processes
from tests.interop.program import installed_program
from tests.interop.trunk_process import PASSWORD, TrunkProcess, username

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("sipsak")]
CONTACT_PORT = 5999
"""In the Contact only; nothing is sent there."""


def started_sipsak(processes: Processes, folder: Path, arguments: list[str]) -> PeerProcess:
    """sipsak, which prints all messages."""
    command = [installed_program("sipsak"), "-vvv", "-i", *arguments]
    return processes.start("sipsak", command, folder)


def registering(trunk: TrunkProcess, user: str, password: str) -> list[str]:
    """Arguments: sipsak takes the trunk's address as domain, for it insists on resolving it."""
    address = trunk.address("udp")
    contact = f"sip:{user}@127.0.0.1:{CONTACT_PORT}"
    return ["-U", "-a", password, "-u", user, "-s", f"sip:{user}@{address}", "-C", contact, "-x", "120"]


def test_sipsak_gets_200_to_options(processes: Processes, trunk: TrunkProcess, tmp_path: Path) -> None:
    """Exit status 0 means 200."""
    address = trunk.address("udp")
    sipsak = started_sipsak(processes, tmp_path, ["-s", f"sip:echo@{address}"])
    assert sipsak.wait_exit() == 0, sipsak.output
    assert "SIP/2.0 200 OK" in sipsak.output


def test_sipsak_registers_with_credentials(processes: Processes, trunk: TrunkProcess, tmp_path: Path) -> None:
    """Exit status 0 means that the 200 listed the contact."""
    user = username(0)
    sipsak = started_sipsak(processes, tmp_path, registering(trunk, user, PASSWORD))
    assert sipsak.wait_exit() == 0, sipsak.output
    assert trunk.contacts(user) == [f"<sip:{user}@127.0.0.1:{CONTACT_PORT}>"]


def test_sipsak_with_a_wrong_password_fails(
    processes: Processes, trunk: TrunkProcess, tmp_path: Path
) -> None:
    """Exit status 2 means that sipsak gave up at the second 401."""
    user = username(1)
    sipsak = started_sipsak(processes, tmp_path, registering(trunk, user, "wrong"))
    assert sipsak.wait_exit() == 2, sipsak.output
    assert "authorization failed" in sipsak.output
    assert trunk.contacts(user) == []


def test_sipsak_fails_when_nobody_answers(processes: Processes, tmp_path: Path) -> None:
    """sipsak's exit status can fail: port 9 of this address has no SIP."""
    sipsak = started_sipsak(processes, tmp_path, ["-s", "sip:echo@127.0.0.9:9"])
    assert sipsak.wait_exit() != 0
