"""Security: what the tools of attackers learn. The sipvicious programs run as commands."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.checks.breach import NotApplicable
from harness.checks.expect import expect, given
from harness.pytest_plugin.fixtures import MakePhone
from harness.settings.target import Profile, TargetSettings
from harness.sip.hop import Hop

VERSION_NUMBER = re.compile(r"\d+\.\d+")
PATIENCE = 12  # seconds that a scanner has
CRACKING_PATIENCE = 5  # seconds; an open trunk gives the password away within two
REAL_USERS_ADDRESS = "127.0.0.3"
"""Where the real user sits when the target is on this machine."""
GUESSES = 40
"""More wrong passwords than any trunk should bear from one address."""


def scanner(name: str) -> Path:
    """The sipvicious command beside the Python that runs the scenarios."""
    found = Path(sys.executable).parent / f"sipvicious_{name}"
    if not found.exists():
        raise NotApplicable(f"{found.name} is not installed beside {sys.executable}: pip install sipvicious")
    return found


def scan(name: str, *arguments: str, folder: Path, patience: float = PATIENCE) -> str:
    """Runs a scanner, with its own files in a folder of its own; all that it printed by its end.

    It is stopped when `patience` (seconds) is over: a scanner that gets no answers any more waits for long.
    """
    command = [str(scanner(name)), *arguments]
    surroundings = {"HOME": str(folder), "PATH": "/usr/bin:/bin", "PYTHONWARNINGS": "ignore"}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=surroundings,
            capture_output=True,
            text=True,
            timeout=patience,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        return ((late.stdout or b"") + (late.stderr or b"")).decode("utf-8", "replace")
    return done.stdout + done.stderr


@pytest.fixture
def udp_hop(target: TargetSettings) -> Hop:
    """Where the scanners look: they know UDP and IPv4 only."""
    if target.target.transport != "udp":
        raise NotApplicable(f"sipvicious scans over UDP, and the target is one for {target.target.transport}")
    hop = target.target.hop("udp")
    if ":" in hop.host:
        raise NotApplicable(f"sipvicious scans IPv4, and the target is {hop}")
    return hop


@pytest.mark.requirement("security.fingerprint")
def test_svmap_finds_the_trunk(udp_hop: Hop, tmp_path: Path) -> None:
    """svmap finds the trunk, and learns no version number."""
    hop = udp_hop
    output = scan("svmap", "-p", str(hop.port), hop.host, folder=tmp_path)
    seen = f"svmap did not find {hop.host}:{hop.port}"
    rows = [line for line in output.splitlines() if f"{hop.host}:{hop.port}" in line]
    expect(rows, "security.fingerprint", seen)
    name = rows[-1].strip("| ").rpartition("|")[2].strip()
    seen = f"svmap learned that the trunk is {name!r}"
    expect(not VERSION_NUMBER.search(name), "security.fingerprint", seen)


@pytest.mark.requirement("security.no-enumeration")
def test_svwar_cannot_tell_users_apart(udp_hop: Hop, profile: Profile, tmp_path: Path) -> None:
    """svwar cannot tell an existing user from one that does not exist."""
    hop = udp_hop
    users = [profile.sip_username, *(f"{profile.sip_username[:-4]}{number}" for number in range(9871, 9875))]
    words = tmp_path / "users.txt"
    words.write_text("\n".join(users) + "\n", encoding="ascii")
    output = scan("svwar", "-p", str(hop.port), "-d", str(words), "--force", hop.host, folder=tmp_path)
    found = {user for user in users for line in output.splitlines() if line.startswith("|") and user in line}
    told_apart = found == {profile.sip_username} or found == set(users) - {profile.sip_username}
    seen = f"svwar found {', '.join(sorted(found))} among {', '.join(users)}"
    expect(not told_apart, "security.no-enumeration", seen)


@pytest.mark.requirement("security.lockout")
def test_svcrack_is_locked_out(
    udp_hop: Hop, second_profile: Profile, make_phone: MakePhone, tmp_path: Path
) -> None:
    """svcrack is locked out before it comes to the right password, and the real user is not."""
    hop = udp_hop
    words = tmp_path / "passwords.txt"
    guesses = [f"guess-{number}" for number in range(GUESSES)]
    words.write_text("\n".join([*guesses, second_profile.password]) + "\n", encoding="utf-8")
    victim = ["-p", str(hop.port), "-u", second_profile.sip_username, hop.host]
    output = scan("svcrack", "-v", "-d", str(words), *victim, folder=tmp_path, patience=CRACKING_PATIENCE)
    with given("guesses that were made"):
        assert output.strip(), "svcrack said nothing"
    seen = f"svcrack got the password after {GUESSES} wrong guesses"
    expect(second_profile.password not in output, "security.lockout", seen)
    if hop.host == "127.0.0.1":
        status = make_phone(second_profile, local=(REAL_USERS_ADDRESS, 0)).register().status
        seen = f"the real user, at another address, was answered with {status} meanwhile"
        expect(status == 200, "security.lockout", seen)
