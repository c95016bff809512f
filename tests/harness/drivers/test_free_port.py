"""Ports for programs that cannot choose one themselves."""

import socket

import pytest

from harness.drivers.errors import AddressUnusable
from harness.drivers.free_port import HIGHEST, LOWEST, free_port


def test_a_free_port_can_be_bound_and_is_none_that_the_system_gives_away() -> None:
    port = free_port()
    assert LOWEST <= port <= HIGHEST
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams, socket.socket() as stream:
        datagrams.bind(("127.0.0.1", port))
        stream.bind(("127.0.0.1", port))


def test_a_port_in_use_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        used = taken.getsockname()[1]
        offered = iter([used, used, free_port()])
        monkeypatch.setattr("harness.drivers.free_port.random.randint", lambda _low, _high: next(offered))
        assert free_port() != used


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(AddressUnusable, match=r"192\.0\.2\.1"):
        free_port("192.0.2.1")
