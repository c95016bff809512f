"""The trunk's endpoints for calls, one for each place where it listens, over one transaction layer.

They share timers and media ports. Made when the first packet arrives at a place; opening sockets is the
driver's work.
"""

import random
from collections import deque
from collections.abc import Callable
from functools import partial

from harness.drivers.errors import AddressUnusable
from harness.sip.hop import Hop
from harness.sip.timers import TimerQueue
from harness.sip.transaction_layer import TransactionLayer
from harness.sip.transport_rules import bracketed
from harness.ua.call_media import rtcp_hop
from harness.ua.endpoint import Endpoint, MediaReceiver, NoMediaPort, TimedAction, contact_uri
from reference_server.dialect import Dialect


class MediaPorts:
    """Media ports of a driver, used again and again: opening sockets costs more than a call."""

    def __init__(self, open_port: Callable[[str], Hop]) -> None:
        """`open_port` binds an RTP port of an address, and the next one for RTCP."""
        self._open_port = open_port
        self._free: dict[str, deque[Hop]] = {}
        self.hops: set[Hop] = set()
        """All media ports that were ever opened, RTCP included."""

    def take(self, host: str) -> Hop:
        """A port for one call, the one that was free longest: late packets of its last call are over.

        Raises `NoMediaPort`.
        """
        free = self._free.get(host)
        return free.popleft() if free else self._open(host)

    def is_left(self, host: str) -> bool:
        """Whether `take` has a port for one more call."""
        free = self._free.setdefault(host, deque())
        if not free:
            try:
                free.append(self._open(host))
            except NoMediaPort:
                return False
        return True

    def give_back(self, hop: Hop) -> None:
        """The call that had `hop` is over."""
        self._free.setdefault(hop.host, deque()).append(hop)

    def _open(self, host: str) -> Hop:
        try:
            hop = self._open_port(host)
        except AddressUnusable as error:
            raise NoMediaPort(f"no port for RTP is left at {host}: {error.reason}") from error
        self.hops.add(hop)
        self.hops.add(rtcp_hop(hop))
        return hop


class Endpoints:
    """All endpoints of a trunk."""

    def __init__(
        self, dialect: Dialect, layer: TransactionLayer, media_ports: MediaPorts, rng: random.Random
    ) -> None:
        self.timers: TimerQueue[TimedAction] = TimerQueue()
        self.media_receivers: dict[Hop, MediaReceiver] = {}
        self._dialect = dialect
        self._layer = layer
        self._media_ports = media_ports
        self._rng = rng
        self.by_hop: dict[Hop, Endpoint] = {}
        """Those that were needed so far, by where they listen."""

    def at(self, local: Hop) -> Endpoint:
        """The endpoint of the place `local`."""
        endpoint = self.by_hop.get(local)
        if endpoint is None:
            endpoint = self.by_hop[local] = Endpoint(
                layer=self._layer,
                rng=self._rng,
                local=local,
                contact=f"<{contact_uri('', local)}>",
                media_address=partial(self._media_ports.take, local.host),
                release_media=self._media_ports.give_back,
                user_agent=self._dialect.server,
                symmetric=self._dialect.symmetric,
                allow=self._dialect.allow,
                timers=self.timers,
                media_receivers=self.media_receivers,
            )
        return endpoint

    def has_media_port(self, local: Hop) -> bool:
        """Whether one more call at the place `local` gets a port for its RTP."""
        return self._media_ports.is_left(local.host)

    def all(self) -> list[Endpoint]:
        """Those that were needed so far."""
        return list(self.by_hop.values())

    def contact(self, user: str, local: Hop) -> str:
        """The trunk's Contact in a call with `user`; with `maddr` where the dialect has it so."""
        if self._dialect.contact_maddr:
            port, transport = local.port, local.transport
            host = f"{self._dialect.domain}:{port};maddr={bracketed(local.host)};transport={transport}"
            return f"<sip:{user}@{host}>"
        return f"<{contact_uri(user, local)}>"
