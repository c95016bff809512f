"""The PBX as a child: it announces itself, ends in good order or dies, and says why it could not start."""

import socket
from pathlib import Path

import pytest

from harness.pbx_simulator.child_process import PbxDidNotStart, SimulatedPbx, as_toml
from harness.pbx_simulator.settings import PbxFile, load_pbx_file
from tests.harness.pbx_simulator.virtual_office import settings


def nowhere(**keys: str) -> PbxFile:
    """A PBX whose trunk is not there."""
    return settings(
        **{"trunk": "127.0.0.1:9", "listen": "127.0.0.1:0", "trunk_listen": "127.0.0.1:0", **keys}
    )


def test_settings_survive_being_written(tmp_path: Path) -> None:
    path = tmp_path / "pbx.toml"
    for file in (settings(), settings(mode="ip", password="", country_code="1", emergency_numbers=("112",))):
        path.write_text(as_toml(file), encoding="utf-8")
        assert load_pbx_file(path) == file


def test_it_says_where_it_is_and_can_be_started_again() -> None:
    with SimulatedPbx(nowhere()) as pbx:
        assert (pbx.inside.transport, pbx.inside.host) == ("udp", "127.0.0.1")
        assert pbx.inside.port != pbx.outside.port
        assert pbx.problem() is None
        pbx.kill()
        assert pbx.problem() is None
        pbx.start()
        assert pbx.inside.port > 0


def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        words = start_failure(nowhere(listen=address))
    assert f"listen: udp:{address} cannot be used" in words


def test_an_unknown_fault_is_named() -> None:
    assert "no fault is called 'nonsense'" in start_failure(nowhere(), "nonsense")


def start_failure(file: PbxFile, fault: str | None = None) -> str:
    """What it says when it cannot start."""
    pbx = SimulatedPbx(file, fault)
    try:
        with pytest.raises(PbxDidNotStart) as failure:
            pbx.start()
    finally:
        pbx.close()
    return str(failure.value)
