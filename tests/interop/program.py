"""Where the foreign programs are; a test without its program is skipped and names the Debian package."""

import shutil

import pytest

PACKAGES = {
    "sipp": "sip-tester",
    "sipsak": "sipsak",
    "baresip": "baresip-core",
    "linphonec": "linphone-cli",
    "tshark": "tshark",
    "kamailio": "kamailio",
}
"""Program -> the Debian package that has it."""


def installed_program(name: str) -> str:
    """The path of a program of `PACKAGES`; skips the test when it is not installed."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed; it is in the Debian package {PACKAGES[name]}")
    return path
