"""The trunk as a process: sockets, control API and signals around the core, all in one asyncio loop.

What the trunk does is `trunk`; the command line is `command_line`; a trunk of several processes is `workers`.
Nothing here is needed by tests of the rules.
"""

import asyncio
import contextlib
import gc
import random
import resource
import signal
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from harness.drivers.asyncio_driver import AsyncioDriver
from harness.drivers.asyncio_driver import run as run_loop
from harness.drivers.errors import AddressUnusable
from harness.drivers.free_port import free_port
from harness.sip.hop import Hop
from reference_server.certificate import server_context
from reference_server.control.desk import ControlDesk
from reference_server.control.http_server import ControlServer
from reference_server.endpoints import MediaPorts
from reference_server.metrics import Metrics
from reference_server.parts import Blueprint
from reference_server.randomness import BlockRandom
from reference_server.rating.tariff import Tariff
from reference_server.settings import (
    TrunkFile,
    TrunkSettings,
    database_key_file,
    database_url,
    tariff_file,
)
from reference_server.start import OTHER_PORT, Started, StartFailed
from reference_server.store.store import Store
from reference_server.trunk import Trunk, Watch

if TYPE_CHECKING:
    from reference_server.manager_host import ManagerHost

PATIENCE_AT_END = 2.0
"""Seconds that ended calls have for the answer to their BYE."""
LAG_INTERVAL = 1.0
"""Seconds between two readings of the loop's lag."""
COLLECTOR_THRESHOLDS = (50_000, 5, 5)
"""Python's own (700, 10, 10) look at all live calls so often that it is a quarter of the CPU of a call. But
a call that is over is a knot of some hundred objects that only the collector undoes, so it must still come
by: every 500 such calls, and every 12,000 for those that lived long."""


def run(settings: TrunkFile, blueprint: Blueprint, beside: Path, on_start: Callable[[Started], None]) -> None:
    """Runs a trunk until SIGTERM or SIGINT. Raises `StartFailed` or `StoreError`."""
    allow_many_sockets()
    calm_collector()
    run_loop(serve(settings, blueprint, beside, on_start))


async def serve(
    settings: TrunkFile, blueprint: Blueprint, beside: Path, on_start: Callable[[Started], None]
) -> None:
    """Runs a trunk in the current loop until a signal comes. Raises `StartFailed` or `StoreError`."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stop.set)
    store = Store(database_url(settings.trunk, beside), key_file=database_key_file(settings, beside))
    driver = AsyncioDriver(framer=blueprint.framer)
    tariff = Tariff.load(tariff_file(settings, beside))
    try:
        store.replace_profiles(settings.profile, driver.now())
        store.recover(driver.now())
        trunk = driver.core = make_trunk(settings, blueprint, store, BlockRandom(), driver, tariff)
        listeners = await _listen(driver, settings, blueprint.dialect.domain, beside)
        trunk.listen_at(listeners)
        driver.wake()
        metrics = Metrics(trunk, driver.now)
        desk = ControlDesk(trunk, store, metrics, driver.now, driver.wake)
        host = _manager_host(settings, trunk, store, desk, driver, tariff, blueprint.dialect.domain, beside)
        control = ControlServer(desk, settings.trunk.control)
        watching = asyncio.create_task(watch_lag(metrics, driver))
        await control.start()
        first_link = None if host is None else await host.start()
        console = None if host is None else host.url
        on_start(Started(listeners, control.url, console=console, first_link=first_link))
        await stop.wait()
        watching.cancel()
        if host is not None:
            await host.stop()
        await control.stop()
        await end_calls(trunk, driver)
    finally:
        await driver.close()
        store.close()


def make_trunk(
    settings: TrunkFile,
    blueprint: Blueprint,
    store: Store,
    rng: random.Random,
    driver: AsyncioDriver,
    tariff: Tariff,
) -> Trunk:
    """A trunk on a driver's clock and media ports; listeners are the caller's."""
    ports, window = MediaPorts(driver.media_address), settings.trunk.commit_window
    trunk = Trunk(blueprint, store, ports, rng, driver.now(), commit_window=window, tariff=tariff)
    for account in settings.account:
        trunk.take_account(account)
    driver.media.receivers = trunk.media_receivers
    return trunk


def _manager_host(
    settings: TrunkFile,
    trunk: Trunk,
    store: Store,
    desk: ControlDesk,
    driver: AsyncioDriver,
    tariff: Tariff,
    domain: str,
    beside: Path,
) -> "ManagerHost | None":
    """The Manager of this process; None where it is off. Raises `SettingsError` or `StartFailed`."""
    if not settings.manager.listens:
        return None
    from reference_server.manager.process_trunk import ProcessTrunk
    from reference_server.manager_host import ManagerHost, Surroundings

    def watch(watcher: Watch | None) -> None:
        trunk.watch = watcher

    live = ProcessTrunk(trunk, store, desk, driver.now)
    return ManagerHost(
        settings.manager, Surroundings(store.database, live, tariff, driver.now, watch, domain, beside)
    )


async def watch_lag(metrics: Metrics, driver: AsyncioDriver) -> None:
    """Measures how late the loop is, until cancelled."""
    while True:
        due = driver.now() + LAG_INTERVAL
        await asyncio.sleep(LAG_INTERVAL)
        metrics.collector.note_lag(max(0.0, driver.now() - due))


async def end_calls(trunk: Trunk, driver: AsyncioDriver) -> None:
    """Sends BYE, CANCEL or a refusal in every call, and waits a little for the answers."""
    trunk.shut_down(driver.now())
    driver.wake()
    until = driver.now() + PATIENCE_AT_END
    while trunk.parts.calls.count and driver.now() < until:
        await asyncio.sleep(0.02)


async def _listen(driver: AsyncioDriver, settings: TrunkFile, domain: str, beside: Path) -> tuple[Hop, ...]:
    """Opens all listeners; UDP and TCP with port 0 on one host get one free port. Raises `StartFailed`."""
    wanted = settings.trunk.listeners
    tls = tls_context(settings.trunk, domain, beside)
    opened: list[Hop] = []
    chosen: dict[str, int] = {}
    for hop in wanted:
        try:
            opened.append(await _listen_at(driver, hop, chosen, tls))
        except AddressUnusable as error:
            reason = error.reason.rpartition("): ")[2]  # asyncio names the address a second time
            raise StartFailed(f"[trunk] listen: {hop} cannot be used: {reason}; {OTHER_PORT}") from None
    return tuple(opened)


def tls_context(settings: TrunkSettings, domain: str, beside: Path) -> ssl.SSLContext | None:
    """What `tls:` listeners need; None where there are none. Raises `StartFailed`."""
    if not any(hop.transport == "tls" for hop in settings.listeners):
        return None
    try:
        return server_context(settings, domain, beside)
    except (OSError, ssl.SSLError) as error:
        files = f"{settings.certificate} with key {settings.private_key or '(in it)'}"
        reason = error.strerror or error
        raise StartFailed(f"[trunk] certificate: {files} cannot be used: {reason}") from None


async def _listen_at(
    driver: AsyncioDriver, hop: Hop, chosen: dict[str, int], tls: ssl.SSLContext | None
) -> Hop:
    if hop.transport == "tls" or hop.port:
        return await driver.listen(hop, tls if hop.transport == "tls" else None)
    if hop.host not in chosen:
        chosen[hop.host] = port_free_for_both(hop.host)
    return await driver.listen(hop._replace(port=chosen[hop.host]))


def port_free_for_both(host: str) -> int:
    """A port that is free for UDP and TCP and that the system gives to nobody else. Raises `StartFailed`."""
    try:
        return free_port(host)
    except AddressUnusable as error:
        raise StartFailed(f"[trunk] listen: {host} cannot be used: {error.reason}") from None


def calm_collector() -> None:
    """Leave what was imported out of garbage collection, and collect seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTOR_THRESHOLDS)


def allow_many_sockets() -> None:
    """As many open files as the system grants: each call in progress has two media sockets."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
