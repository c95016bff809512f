"""The parent of the workers: binds the sockets, starts the processes, starts dead ones again, ends them all.

It never touches SIP. The control API is its own and asks the workers (`desk`); so does the Manager
(`live_trunk`). Design:

- Sockets are bound here and inherited (`bound_sockets`), so an address in use is noticed before anything
  runs, and a worker's death moves no other packets than its own.
- A packet's owner is found by marks and homes (`marks`, `routing`), and packets travel over Unix streams
  (`mesh`).
- Channels and wrong passwords are counted in shared files under a lock that dies with its holder
  (`channel_table`, `failure_table`). Bindings have one writer each and are told to all (`routed_trunk`).
- Each worker commits its own call records to the one database, before its answers leave: the same promise as
  a single process gives.
- What a dead worker's calls leave behind: their channels are free at once, their records and charges are
  written by the one that takes its place (`store.recovery`).
"""

import asyncio
import datetime as dt
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from harness.drivers.asyncio_driver import run as run_loop
from reference_server.certificate import self_signed
from reference_server.control.http_server import ControlServer
from reference_server.rating.tariff import Tariff
from reference_server.server import allow_many_sockets, tls_context
from reference_server.settings import TrunkFile, database_key_file, database_url, tariff_file
from reference_server.start import Started, StartFailed
from reference_server.store.store import Store, StoreError
from reference_server.workers.bound_sockets import BoundSockets, bind_all
from reference_server.workers.desk import WorkersDesk
from reference_server.workers.packet_watch import PacketWatch
from reference_server.workers.plan import WorkerPlan, desk_path
from reference_server.workers.remote_desk import RemoteDesk
from reference_server.workers.shared_tables import SharedTables
from reference_server.workers.worker_process import WorkerProcess

if TYPE_CHECKING:
    from reference_server.manager_host import ManagerHost

START_PATIENCE = 60.0
"""Seconds that a worker has until it serves."""
END_CALLS_PATIENCE = 5.0
"""Seconds that all workers have for ending their calls; a worker itself gives up after two."""
RESTART_AFTER = (0.0, 0.5, 1.0, 2.0, 5.0)
"""Seconds until a dead worker is started again: the first time, the second in a row, and so on."""
STEADY_AFTER = 30.0
"""Seconds after which a worker's death is not in a row with the last one."""


def run(
    settings: TrunkFile, fault: str | None, domain: str, beside: Path, on_start: Callable[[Started], None]
) -> None:
    """Runs a trunk of `settings.trunk.workers` processes until SIGTERM or SIGINT.

    Raises `StartFailed` or `StoreError`.
    """
    allow_many_sockets()
    folder = Path(tempfile.mkdtemp(prefix="trunk-"))
    try:
        run_loop(Supervisor(settings, fault, domain, beside, folder).serve(on_start))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Supervisor:
    """All workers of one trunk."""

    def __init__(
        self, settings: TrunkFile, fault: str | None, domain: str, beside: Path, folder: Path
    ) -> None:
        """`folder` is private to this trunk, and empty."""
        self._count = settings.trunk.workers
        self._settings = settings
        self._fault = fault
        self._domain = domain
        self._beside = beside
        self._folder = folder
        self._workers: dict[int, WorkerProcess] = {}
        self._stopping = asyncio.Event()
        self._watching: list[asyncio.Task[None]] = []

    async def serve(self, on_start: Callable[[Started], None]) -> None:
        """Serves until a signal comes. Raises `StartFailed` or `StoreError`."""
        loop = asyncio.get_running_loop()
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signal_number, self._stopping.set)
        self._complete_settings()
        trunk = self._settings.trunk
        key_file = database_key_file(self._settings, self._beside)
        store = Store(database_url(trunk, self._beside), key_file=key_file)
        tables = SharedTables(self._folder, self._count)
        try:
            store.replace_profiles(self._settings.profile, time.time())
            store.recover(time.time())
            tables.fill(store)
            bound = bind_all(trunk.listeners, self._count, self._folder)
            try:
                await self._work(bound, store, tables, on_start)
            finally:
                self._stopping.set()
                await self._end_all()
                bound.close()
        finally:
            tables.close()
            store.close()

    async def _work(
        self, bound: BoundSockets, store: Store, tables: SharedTables, on_start: Callable[[Started], None]
    ) -> None:
        """Starts all that serves, and waits for the end."""
        desks = [RemoteDesk(worker, desk_path(self._folder, worker)) for worker in range(self._count)]
        desk = WorkersDesk(desks, self._is_alive)
        host = self._manager_host(store, tables, desks, desk)
        control = ControlServer(desk, self._settings.trunk.control)
        await self._start_all(bound)
        await control.start()
        self._watching = [
            asyncio.create_task(self._keep_alive(worker, bound, store, tables))
            for worker in range(self._count)
        ]
        first_link = None if host is None else await host.start()
        console = None if host is None else host.url
        on_start(Started(tuple(bound.hops), control.url, self._count, console=console, first_link=first_link))
        await self._stopping.wait()
        if host is not None:
            await host.stop()
        await control.stop()

    def _manager_host(
        self, store: Store, tables: SharedTables, desks: list[RemoteDesk], desk: WorkersDesk
    ) -> "ManagerHost | None":
        """The Manager, in this process; None where it is off. Raises `SettingsError` or `StartFailed`."""
        settings = self._settings
        if not settings.manager.listens:
            return None
        from reference_server.manager_host import ManagerHost, Surroundings
        from reference_server.workers.live_trunk import WorkersTrunk

        live = WorkersTrunk(store, tables.channels, tables.credit, desks, desk, settings.account, time.time)
        tariff = Tariff.load(tariff_file(settings, self._beside))
        watch = PacketWatch(desks, time.time)
        around = Surroundings(store.database, live, tariff, time.time, watch.show, self._domain, self._beside)
        return ManagerHost(settings.manager, around)

    def _complete_settings(self) -> None:
        """What must be the same in all workers and would not be, if each made it. Raises `StartFailed`."""
        trunk = self._settings.trunk
        changes: dict[str, object] = {}
        if trunk.database == ":memory:":
            changes["database"] = f"sqlite:///{self._folder / 'memory.sqlite'}"
        if trunk.certificate is None and any(hop.transport == "tls" for hop in trunk.listeners):
            path = self._folder / "trunk.pem"
            hosts = [listener.host for listener in trunk.listeners]
            path.touch(0o600)
            path.write_bytes(self_signed(self._domain, hosts, dt.datetime.now(dt.UTC)))
            changes["certificate"] = str(path)
        trunk = trunk.model_copy(update=changes)
        tls_context(trunk, self._domain, self._beside)  # files that cannot be used are told of here
        self._settings = self._settings.model_copy(update={"trunk": trunk})

    def _is_alive(self, worker: int) -> bool:
        return worker in self._workers and self._workers[worker].ready

    def _plan(self, worker: int, bound: BoundSockets) -> WorkerPlan:
        return WorkerPlan(
            worker=worker,
            workers=self._count,
            settings=self._settings,
            beside=str(self._beside),
            fault=self._fault,
            listeners=bound.listeners(worker),
            mesh=bound.mesh[worker].fileno(),
            desk=bound.desk[worker].fileno(),
            folder=str(self._folder),
        )

    async def _start(self, worker: int, bound: BoundSockets) -> bool:
        started = await WorkerProcess.start(self._plan(worker, bound), bound.descriptors(worker))
        self._workers[worker] = started
        ready = await started.wait_ready(START_PATIENCE)
        if not ready:
            await started.end()
        return ready

    async def _start_all(self, bound: BoundSockets) -> None:
        """Raises `StartFailed` when one does not start; what it said stands above."""
        ready = await asyncio.gather(*(self._start(worker, bound) for worker in range(self._count)))
        if not all(ready):
            raise StartFailed(f"worker {ready.index(False)} of {self._count} did not start")

    async def _keep_alive(self, worker: int, bound: BoundSockets, store: Store, tables: SharedTables) -> None:
        """Starts a worker again each time it dies."""
        loop = asyncio.get_running_loop()
        in_a_row, started = 0, loop.time()
        while True:
            status = await self._workers[worker].wait_exit()
            if self._stopping.is_set():
                return
            in_a_row = 0 if loop.time() - started > STEADY_AFTER else in_a_row + 1
            cut = tables.channels.clear(worker)
            _give_back_credit(worker, store, tables)
            reason = f"signal {-status}" if status < 0 else f"status {status}"
            message = f"worker {worker} ended with {reason}; {cut} calls are cut, it is started again"
            print(f"reference_server: {message}", file=sys.stderr, flush=True)
            await asyncio.sleep(RESTART_AFTER[min(in_a_row, len(RESTART_AFTER)) - 1] if in_a_row else 0.0)
            started = loop.time()
            if not self._stopping.is_set():
                await self._start(worker, bound)

    async def _end_all(self) -> None:
        """Calls first, in all workers: until then packets of one may arrive at another."""
        workers = list(self._workers.values())
        await asyncio.gather(*(one.end_calls(END_CALLS_PATIENCE) for one in workers))
        await asyncio.gather(*(one.end() for one in workers))
        for task in self._watching:
            task.cancel()


def _give_back_credit(worker: int, store: Store, tables: SharedTables) -> None:
    """Charges the calls of a worker that died, and gives back what else it had reserved for them."""
    try:
        records = store.recover(time.time(), worker)
    except StoreError as error:
        message = f"reference_server: calls of worker {worker} stay open: {error}"
        print(message, file=sys.stderr, flush=True)
        records = []  # the worker tries again when it starts
    charges: dict[str, tuple[int, int]] = {}
    for record in records:
        money, seconds = charges.get(record.sip_username, (0, 0))
        charges[record.sip_username] = (money + record.cost, seconds + record.bundle_seconds)
    tables.credit.clear(worker, charges)
