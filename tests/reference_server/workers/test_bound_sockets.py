"""Sockets of all workers, bound before any worker runs."""

import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.sip.hop import Hop
from reference_server.start import StartFailed
from reference_server.workers.bound_sockets import bind_all

UDP, TCP = Hop("udp", "127.0.0.1", 0), Hop("tcp", "127.0.0.1", 0)


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as path:
        yield Path(path)


def test_port_0_is_the_same_port_for_udp_and_tcp_in_all_workers(folder: Path) -> None:
    bound = bind_all([UDP, TCP], 3, folder)
    port = bound.hops[0].port
    assert port > 0
    assert bound.hops == [UDP._replace(port=port), TCP._replace(port=port)]
    names = {one.getsockname()[1] for sockets in bound.of_worker for one in sockets}
    assert names == {port}
    udp = {bound.listeners(worker)[0].descriptor for worker in range(3)}
    tcp = {bound.listeners(worker)[1].descriptor for worker in range(3)}
    assert (len(udp), len(tcp)) == (3, 1)
    bound.close()


def test_an_address_that_another_trunk_of_workers_has_is_refused(folder: Path) -> None:
    first = bind_all([UDP], 2, folder)
    with tempfile.TemporaryDirectory() as other, pytest.raises(StartFailed, match="in use"):
        bind_all(first.hops, 2, Path(other))
    first.close()


def test_a_tcp_address_in_use_is_refused(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        hop = TCP._replace(port=taken.getsockname()[1])
        with pytest.raises(StartFailed, match="choose another address or port"):
            bind_all([hop], 2, folder)
