"""The ports that a trunk chooses itself. The running process is `test_main`'s affair."""

from pathlib import Path

import pytest

from reference_server.server import port_free_for_both
from reference_server.start import StartFailed


def test_a_port_is_chosen_where_the_system_gives_none_away() -> None:
    """So nobody takes it between the choice and its use."""
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text("ascii").split()[0])
    assert port_free_for_both("127.0.0.1") < lowest


def test_an_address_of_another_machine_is_told() -> None:
    with pytest.raises(StartFailed, match=r"192\.0\.2\.7 cannot be used: Cannot assign"):
        port_free_for_both("192.0.2.7")
