"""One worker: a trunk on inherited sockets that shares channels, bindings and packets with its siblings.

Started by `supervisor`, which speaks to it through pipes: the plan comes first on standard input, then one
`e` when the calls are to be ended; the end of the input is the worker's end, so that none outlives its
parent. Standard output says `ready` and `ended`.
"""

import asyncio
import os
import shutil
import socket
import sys
from pathlib import Path

from harness.drivers.asyncio_driver import AsyncioDriver
from harness.drivers.asyncio_driver import run as run_loop
from reference_server.control.desk import ControlDesk
from reference_server.dialect import load_dialect
from reference_server.faults.registry import install
from reference_server.manager.process_trunk import ProcessTrunk
from reference_server.metrics import Metrics
from reference_server.parts import Blueprint
from reference_server.rating.tariff import Tariff
from reference_server.server import (
    allow_many_sockets,
    calm_collector,
    end_calls,
    make_trunk,
    tls_context,
    watch_lag,
)
from reference_server.settings import database_key_file, database_url, tariff_file
from reference_server.start import StartFailed
from reference_server.store.store import StoreError
from reference_server.trunk import Trunk
from reference_server.workers.channel_table import ChannelTable
from reference_server.workers.credit_table import CreditTable
from reference_server.workers.failure_table import MOST_TIMES, FailureTable
from reference_server.workers.marks import MarkedRandom
from reference_server.workers.mesh import Mesh
from reference_server.workers.plan import (
    CHANNELS_FILE,
    CREDIT_FILE,
    FAILURES_FILE,
    PROFILE_ROWS_FILE,
    WorkerPlan,
)
from reference_server.workers.profile_rows import ProfileRows
from reference_server.workers.remote_desk import serve_desk
from reference_server.workers.routed_trunk import RoutedTrunk
from reference_server.workers.routing import Routing
from reference_server.workers.shared_store import SharedStore
from reference_server.workers.sightings import Sightings

READY = "ready"
ENDED = "ended"
END_CALLS = b"e"


def main() -> None:
    """Runs a worker until its standard input ends."""
    plan = WorkerPlan.model_validate_json(_first_line(sys.stdin.fileno()))
    allow_many_sockets()
    calm_collector()
    try:
        run_loop(_serve(plan))
    except (StartFailed, StoreError) as error:
        sys.exit(f"reference_server: worker {plan.worker}: {error}")


async def _serve(plan: WorkerPlan) -> None:
    await Worker(plan).serve()


class Worker:
    """A trunk among several."""

    def __init__(self, plan: WorkerPlan) -> None:
        self._plan = plan
        self._beside = Path(plan.beside)
        self._folder = Path(plan.folder)
        settings = plan.settings
        dialect = load_dialect(settings.trunk.dialect, self._beside).changed(settings.dialect)
        self._blueprint = install(plan.fault, Blueprint(dialect))
        self._end_calls = asyncio.Event()
        self._close = asyncio.Event()
        self._orphaned = False

    async def serve(self) -> None:
        """Serves until the parent ends it, or ends itself."""
        plan, blueprint = self._plan, self._blueprint
        places = [listener.hop for listener in plan.listeners]
        routing = Routing(plan.worker, plan.workers)
        core: RoutedTrunk
        driver = AsyncioDriver(
            framer=blueprint.framer, on_stream=lambda *stream: core.stream_changed(*stream)
        )
        store = SharedStore(
            database_url(plan.settings.trunk, self._beside),
            lambda username: core.is_home_of(username),
            lambda username: core.binding_changed(username),
            writer=plan.worker,
            key_file=database_key_file(plan.settings, self._beside),
        )
        store.recover(driver.now(), plan.worker)  # what a worker left behind that died in this place
        tariff = Tariff.load(tariff_file(plan.settings, self._beside))
        trunk = make_trunk(plan.settings, blueprint, store, MarkedRandom(plan.worker), driver, tariff)
        core = RoutedTrunk(trunk, routing, places)
        self._share(trunk)
        driver.core = core
        trunk.listen_at(places)
        mesh = self._join(core, driver)
        try:
            await mesh.start(socket.socket(fileno=plan.mesh))
            await self._listen(driver)
            driver.wake()
            await self._work(trunk, store, driver)
        finally:
            await driver.close()
            mesh.close()
            store.close()
            if self._orphaned:
                shutil.rmtree(self._folder, ignore_errors=True)

    def _share(self, trunk: Trunk) -> None:
        """Lets the trunk count with its siblings."""
        plan, parts = self._plan, trunk.parts
        rows = ProfileRows(self._folder / PROFILE_ROWS_FILE)
        parts.channels.counts = ChannelTable(self._folder / CHANNELS_FILE, rows, plan.workers, plan.worker)
        purse = CreditTable(self._folder / CREDIT_FILE, rows, plan.workers, plan.worker)
        parts.metering.purse, parts.metering.spending = purse, purse
        authentication = parts.dispatch.authentication
        authentication.nonces.mark = plan.worker
        lockout = authentication.lockout
        if lockout.limit <= MOST_TIMES:  # beyond it is a lock that a fault took away
            lockout.failures = FailureTable(self._folder / FAILURES_FILE, lockout.limit, lockout.seconds)

    def _join(self, core: RoutedTrunk, driver: AsyncioDriver) -> Mesh:
        core.mesh = Mesh(
            self._plan.worker,
            self._plan.mesh_paths,
            take=lambda worker, frame: core.take(worker, frame, driver.now()),
            greet=core.greeting,
            turn=driver.wake,
            lost=lambda worker: core.worker_lost(worker, driver.now()),
        )
        return core.mesh

    async def _listen(self, driver: AsyncioDriver) -> None:
        plan = self._plan
        tls = tls_context(plan.settings.trunk, self._blueprint.dialect.domain, self._beside)
        for listener in plan.listeners:
            bound = socket.socket(fileno=listener.descriptor)
            await driver.listen(listener.hop, tls if listener.transport == "tls" else None, bound=bound)

    async def _work(self, trunk: Trunk, store: SharedStore, driver: AsyncioDriver) -> None:
        metrics = Metrics(trunk, driver.now)
        desk = ControlDesk(trunk, store, metrics, driver.now, driver.wake)
        live = ProcessTrunk(trunk, store, desk, driver.now)
        sightings = Sightings(trunk, driver.now)
        answering = await serve_desk(desk, live, sightings, socket.socket(fileno=self._plan.desk))
        watching = asyncio.create_task(watch_lag(metrics, driver))
        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), self._parent_says)
        _say(READY)
        await self._end_calls.wait()
        await end_calls(trunk, driver)
        _say(ENDED)
        await self._close.wait()  # until then packets of siblings' calls still find their way
        watching.cancel()
        answering.close()

    def _parent_says(self) -> None:
        said = os.read(sys.stdin.fileno(), 64)
        if not said:
            asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
            self._orphaned = not self._end_calls.is_set()
            self._close.set()
        self._end_calls.set()


def _first_line(descriptor: int) -> bytes:
    """Reads one line; the parent says nothing more before it hears `ready`."""
    line = b""
    while not line.endswith(b"\n"):
        read = os.read(descriptor, 65_536)
        if not read:
            break
        line += read
    return line


def _say(word: str) -> None:
    """Tells the parent; one that has gone hears nothing."""
    try:
        print(word, flush=True)
    except OSError:
        return
