"""The sockets of a trunk of several workers, bound by the parent and inherited by the workers.

The parent never reads from them, but keeps them open: so the kernel's spreading by source stays the same when
a worker dies, and packets wait for the one that takes its place. UDP listeners have a socket for each worker
(SO_REUSEPORT), streams one that all accept from.
"""

import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.drivers.errors import AddressUnusable
from harness.drivers.udp_socket import RECEIVE_BUFFER, open_udp
from harness.sip.hop import Hop
from reference_server.server import port_free_for_both
from reference_server.start import OTHER_PORT, StartFailed
from reference_server.workers.plan import OpenedListener, desk_path, mesh_path

BACKLOG = 1024


@dataclass(slots=True)
class BoundSockets:
    """All sockets of all workers. Close it when the trunk ends."""

    hops: list[Hop] = field(default_factory=list)
    """The listeners, with the ports they got."""
    of_worker: list[list[socket.socket]] = field(default_factory=list)
    """For each worker a socket for each listener."""
    mesh: list[socket.socket] = field(default_factory=list)
    desk: list[socket.socket] = field(default_factory=list)

    def listeners(self, worker: int) -> tuple[OpenedListener, ...]:
        """What a worker inherits."""
        pairs = zip(self.hops, self.of_worker[worker], strict=True)
        return tuple(OpenedListener(*hop, opened.fileno()) for hop, opened in pairs)

    def descriptors(self, worker: int) -> tuple[int, ...]:
        """Of all sockets that a worker inherits."""
        opened = [*self.of_worker[worker], self.mesh[worker], self.desk[worker]]
        return tuple(one.fileno() for one in opened)

    def close(self) -> None:
        """Closes them here."""
        for one in [*(each for sockets in self.of_worker for each in sockets), *self.mesh, *self.desk]:
            one.close()


def bind_all(wanted: Sequence[Hop], workers: int, folder: Path) -> BoundSockets:
    """Binds the listeners for so many workers. Raises `StartFailed`."""
    bound = BoundSockets(of_worker=[[] for _ in range(workers)])
    chosen: dict[str, int] = {}
    try:
        for hop in wanted:
            _bind_listener(bound, _with_port(hop, chosen), workers)
        for worker in range(workers):
            bound.mesh.append(_listening_unix(mesh_path(folder, worker)))
            bound.desk.append(_listening_unix(desk_path(folder, worker)))
    except BaseException:
        bound.close()
        raise
    return bound


def _with_port(hop: Hop, chosen: dict[str, int]) -> Hop:
    """UDP and TCP with port 0 on one host get one free port."""
    if hop.transport == "tls" or hop.port:
        return hop
    if hop.host not in chosen:
        chosen[hop.host] = port_free_for_both(hop.host)
    return hop._replace(port=chosen[hop.host])


def _bind_listener(bound: BoundSockets, hop: Hop, workers: int) -> None:
    try:
        if hop.transport == "udp":
            hop = _probed(hop)
            sockets = [_shared_udp(hop) for _ in range(workers)]
        else:
            listening = _listening(hop)
            hop = hop._replace(port=listening.getsockname()[1])
            sockets = [listening] * workers
    except AddressUnusable as error:
        raise StartFailed(f"[trunk] listen: {hop} cannot be used: {error.reason}; {OTHER_PORT}") from None
    bound.hops.append(hop)
    for own, opened in zip(bound.of_worker, sockets, strict=True):
        own.append(opened)


def _probed(hop: Hop) -> Hop:
    """Finds out whether anybody has the address: SO_REUSEPORT alone would share it with another trunk."""
    probe, found = open_udp(hop, RECEIVE_BUFFER, report_errors=False)
    probe.close()
    return found


def _shared_udp(hop: Hop) -> socket.socket:
    return open_udp(hop, RECEIVE_BUFFER, report_errors=False, shared=True)[0]


def _listening(hop: Hop) -> socket.socket:
    family = socket.AF_INET6 if ":" in hop.host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind((hop.host, hop.port))
        opened.listen(BACKLOG)
    except OSError as error:
        opened.close()
        raise AddressUnusable(hop, error.strerror or str(error)) from error
    opened.setblocking(False)
    return opened


def _listening_unix(path: Path) -> socket.socket:
    opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        opened.bind(str(path))
    except OSError as error:
        opened.close()
        raise StartFailed(f"the temporary folder {path.parent} cannot be used: {error}") from None
    opened.listen(BACKLOG)
    opened.setblocking(False)
    return opened
