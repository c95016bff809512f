"""A trunk of several workers on a simulated network that gives every packet to any of them, in virtual time.

No kernel is as unkind: each datagram comes to a worker drawn by lot. What holds here holds for any spreading.
"""

import random
import tempfile
from collections import deque
from pathlib import Path
from typing import Any

from harness.drivers.phone import Phone
from harness.drivers.simulated import SimulatedNetwork
from harness.sip.hop import Hop, Packet
from harness.ua.account import Account
from reference_server.endpoints import MediaPorts
from reference_server.inbound import Order
from reference_server.live_call import LiveCall
from reference_server.parts import Blueprint
from reference_server.settings import ProfileSettings
from reference_server.trunk import Trunk
from reference_server.workers.channel_table import ChannelTable
from reference_server.workers.failure_table import FailureTable
from reference_server.workers.frame import Frame, FrameReader
from reference_server.workers.marks import MarkedRandom
from reference_server.workers.profile_rows import ProfileRows
from reference_server.workers.routed_trunk import RoutedTrunk
from reference_server.workers.routing import Routing
from reference_server.workers.shared_store import SharedStore
from tests.reference_server.trunk_play import MAIN, OTHERS, PASSWORD, TRUNK, USERNAME, make_dialect


class SeededMarks(MarkedRandom):
    """Marked tokens that are the same in each run."""

    def __init__(self, worker: int) -> None:
        super().__init__(worker)
        self._block = random.Random(worker).randbytes(1 << 20)


class Queue:
    """The mesh of one worker: frames lie here until the play carries them over, in order."""

    def __init__(self, worker: int, workers: int) -> None:
        self.said: deque[tuple[int, bytes]] = deque()
        self._others = [other for other in range(workers) if other != worker]

    def say(self, worker: int, frame: Frame) -> None:
        assert worker in self._others
        self.said.append((worker, bytes(frame)))

    def say_to_all(self, frame: Frame) -> None:
        self.said.extend((other, bytes(frame)) for other in self._others)

    def flush(self) -> None:
        pass


class WorkersPlay:
    """All workers as one core, the network and its phones."""

    def __init__(self, workers: int = 3, seed: int = 1, **main: Any) -> None:
        """`main` changes the first profile."""
        self.network = SimulatedNetwork(seed=seed)
        self.hosts = 1
        self._lot = random.Random(seed)
        self._media: dict[Hop, RoutedTrunk] = {}
        self._profiles = [ProfileSettings.model_validate(one) for one in ({**MAIN, **main}, *OTHERS)]
        with tempfile.TemporaryDirectory() as folder:  # what is mapped needs no name any more
            self.workers = [self._worker(number, workers, Path(folder)) for number in range(workers)]
        self.queues = [Queue(number, workers) for number in range(workers)]
        for worker, queue in zip(self.workers, self.queues, strict=True):
            worker.mesh = queue
        self.network.bind(self, TRUNK)

    def _worker(self, number: int, workers: int, folder: Path) -> RoutedTrunk:
        core: RoutedTrunk
        store = SharedStore(
            "sqlite://", lambda name: core.is_home_of(name), lambda name: core.binding_changed(name)
        )
        store.replace_profiles(self._profiles)
        ports = MediaPorts(lambda host: self._open_port(core, host))
        blueprint = Blueprint(make_dialect())
        trunk = Trunk(blueprint, store, ports, SeededMarks(number), self.network.now())
        trunk.listen_at([TRUNK])
        core = RoutedTrunk(trunk, Routing(number, workers), [TRUNK])
        rows = ProfileRows(folder / "profiles")
        trunk.parts.channels.counts = ChannelTable(folder / "channels", rows, workers, number)
        authentication = trunk.parts.dispatch.authentication
        authentication.nonces.mark = number
        lockout = authentication.lockout
        lockout.failures = FailureTable(folder / "failures", lockout.limit, lockout.seconds)
        return core

    def _open_port(self, core: RoutedTrunk, host: str) -> Hop:
        hop = self.network.bind_media(self, host)
        self._media[hop] = self._media[hop._replace(port=hop.port + 1)] = core
        return hop

    # The six verbs of a driver

    def receive(self, packet: Packet, now: float) -> None:
        core = self._media.get(packet.destination) or self._lot.choice(self.workers)
        core.receive(packet, now)
        self._carry(now)

    def next_timer(self) -> float | None:
        return min((at for at in (one.next_timer() for one in self.workers) if at is not None), default=None)

    def handle_timers(self, now: float) -> None:
        for worker in self.workers:
            worker.handle_timers(now)
        self._carry(now)

    def packets_to_send(self) -> list[Packet]:
        packets = [packet for worker in self.workers for packet in worker.packets_to_send()]
        self._carry(self.network.now())
        return packets

    def events_received(self) -> list[Any]:
        return []

    def transport_failed(self, destination: Hop, now: float) -> None:
        for worker in self.workers:
            worker.transport_failed(destination, now)

    def _carry(self, now: float) -> None:
        while any(queue.said for queue in self.queues):
            for speaker, queue in enumerate(self.queues):
                while queue.said:
                    listener, data = queue.said.popleft()
                    (frame,) = FrameReader().feed(data)
                    self.workers[listener].take(speaker, frame, now)

    # What tests do

    def phone(self, **options: Any) -> Phone:
        """A new phone of the first profile on a host of its own."""
        self.hosts += 1
        account = Account(USERNAME, options.pop("password", PASSWORD), TRUNK)
        return Phone(self.network, account, local=(f"10.0.0.{self.hosts}", 5060), **options)

    def wait(self, seconds: float) -> None:
        """Lets time pass."""
        self.network.run_until(lambda: False, seconds)

    def channels_used(self) -> list[int]:
        """The first profile's channels in use, as each worker sees them."""
        found = []
        for worker in self.workers:
            profile = worker.trunk.parts.profiles.named(USERNAME)
            assert profile is not None
            found.append(worker.trunk.parts.channels.used(profile))
        return found

    def calls(self) -> list[int]:
        """How many calls live in each worker."""
        return [worker.trunk.parts.calls.count for worker in self.workers]

    def place_call(self, worker: int) -> LiveCall:
        """Starts a call towards the first profile in one worker."""
        return self.workers[worker].trunk.place_call(Order(profile=USERNAME), self.network.now())
