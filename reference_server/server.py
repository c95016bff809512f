"""The trunk as a process: sockets, control API and signals around the core, all in one asyncio loop.

What the trunk does is `trunk`; the command line is `__main__`. Nothing here is needed by tests of the rules.
"""

import asyncio
import contextlib
import gc
import json
import resource
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from harness.drivers.asyncio_driver import AsyncioDriver
from harness.drivers.asyncio_driver import run as run_loop
from harness.drivers.errors import AddressUnusable
from harness.sip.hop import Hop
from reference_server.certificate import server_context
from reference_server.control.application import ControlDesk, make_application
from reference_server.endpoints import MediaPorts
from reference_server.listener import address_text, parse_address
from reference_server.metrics import Metrics
from reference_server.parts import Blueprint
from reference_server.randomness import BlockRandom
from reference_server.settings import TrunkFile, database_url
from reference_server.store.store import Store
from reference_server.trunk import Trunk

PATIENCE_AT_END = 2.0
"""Seconds that ended calls have for the answer to their BYE."""
LAG_INTERVAL = 1.0
"""Seconds between two readings of the loop's lag."""
PORT_TRIES = 20
"""Free ports that are tried until one is free for UDP and TCP."""
COLLECTOR_THRESHOLDS = (20_000, 5, 5)
"""Python's own (700, 10, 10) look at all live calls so often that it is a quarter of the CPU of a call. But
a call that is over is a knot of some hundred objects that only the collector undoes, so it must still come
by: every 200 calls, and every 5,000 for those that lived long."""

_OTHER_PORT = "choose another address or port, or end the program that has it"


class StartFailed(Exception):
    """The trunk cannot start; one line for the operator."""


@dataclass(frozen=True, slots=True)
class Started:
    """Where a trunk that runs can be reached."""

    listeners: tuple[Hop, ...]
    control: str

    def announcement(self) -> str:
        """One line of JSON for a program that started the trunk."""
        first: dict[str, str] = {}
        for hop in self.listeners:
            first.setdefault(hop.transport, address_text(hop))
        return json.dumps({**first, "control": self.control})


class _QuietServer(uvicorn.Server):
    """uvicorn without its signal handlers: the process has its own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def run(settings: TrunkFile, blueprint: Blueprint, beside: Path, on_start: Callable[[Started], None]) -> None:
    """Runs a trunk until SIGTERM or SIGINT. Raises `StartFailed` or `StoreError`."""
    _allow_many_sockets()
    _calm_collector()
    run_loop(serve(settings, blueprint, beside, on_start))


async def serve(
    settings: TrunkFile, blueprint: Blueprint, beside: Path, on_start: Callable[[Started], None]
) -> None:
    """Runs a trunk in the current loop until a signal comes. Raises `StartFailed` or `StoreError`."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stop.set)
    store = Store(database_url(settings.trunk, beside))
    driver = AsyncioDriver(framer=blueprint.framer)
    try:
        store.replace_profiles(settings.profile)
        trunk = Trunk(
            blueprint,
            store,
            MediaPorts(driver.media_address),
            BlockRandom(),
            driver.now(),
            commit_window=settings.trunk.commit_window,
        )
        driver.core = trunk
        listeners = await _listen(driver, settings, blueprint.dialect.domain, beside)
        trunk.listen_at(listeners)
        driver.wake()
        await _serve_control(settings, trunk, store, driver, stop, listeners, on_start)
        await _end_calls(trunk, driver)
    finally:
        await driver.close()
        store.close()


async def _serve_control(
    settings: TrunkFile,
    trunk: Trunk,
    store: Store,
    driver: AsyncioDriver,
    stop: asyncio.Event,
    listeners: tuple[Hop, ...],
    on_start: Callable[[Started], None],
) -> None:
    metrics = Metrics(trunk, driver.now)
    desk = ControlDesk(trunk, store, metrics, driver.now, driver.wake)
    config = uvicorn.Config(
        make_application(desk),
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    server = _QuietServer(config)
    opened = _control_socket(settings.trunk.control)
    host, port = opened.getsockname()[:2]
    serving = asyncio.create_task(server.serve(sockets=[opened]))
    watching = asyncio.create_task(_watch_lag(metrics, driver))
    while not server.started and not serving.done():
        await asyncio.sleep(0.005)
    on_start(Started(listeners, f"http://{address_text(Hop('tcp', host, port))}"))
    await stop.wait()
    watching.cancel()
    server.should_exit = True
    await serving


async def _watch_lag(metrics: Metrics, driver: AsyncioDriver) -> None:
    while True:
        due = driver.now() + LAG_INTERVAL
        await asyncio.sleep(LAG_INTERVAL)
        metrics.collector.note_lag(max(0.0, driver.now() - due))


async def _end_calls(trunk: Trunk, driver: AsyncioDriver) -> None:
    """Sends BYE, CANCEL or a refusal in every call, and waits a little for the answers."""
    trunk.shut_down(driver.now())
    driver.wake()
    until = driver.now() + PATIENCE_AT_END
    while trunk.parts.calls.count and driver.now() < until:
        await asyncio.sleep(0.02)


async def _listen(driver: AsyncioDriver, settings: TrunkFile, domain: str, beside: Path) -> tuple[Hop, ...]:
    """Opens all listeners; UDP and TCP with port 0 on one host get one free port. Raises `StartFailed`."""
    wanted = settings.trunk.listeners
    tls = None
    if any(hop.transport == "tls" for hop in wanted):
        try:
            tls = server_context(settings.trunk, domain, beside)
        except (OSError, ssl.SSLError) as error:
            files = f"{settings.trunk.certificate} with key {settings.trunk.private_key or '(in it)'}"
            reason = error.strerror or error
            raise StartFailed(f"[trunk] certificate: {files} cannot be used: {reason}") from None
    opened: list[Hop] = []
    chosen: dict[str, int] = {}
    for hop in wanted:
        try:
            opened.append(await _listen_at(driver, hop, chosen, tls))
        except AddressUnusable as error:
            reason = error.reason.rpartition("): ")[2]  # asyncio names the address a second time
            raise StartFailed(f"[trunk] listen: {hop} cannot be used: {reason}; {_OTHER_PORT}") from None
    return tuple(opened)


async def _listen_at(
    driver: AsyncioDriver, hop: Hop, chosen: dict[str, int], tls: ssl.SSLContext | None
) -> Hop:
    if hop.transport == "tls" or hop.port:
        return await driver.listen(hop, tls if hop.transport == "tls" else None)
    if hop.host not in chosen:
        chosen[hop.host] = _port_free_for_both(hop.host)
    return await driver.listen(hop._replace(port=chosen[hop.host]))


def _port_free_for_both(host: str) -> int:
    """A port that is free for UDP and TCP now. Raises `StartFailed`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for _ in range(PORT_TRIES):
        with socket.socket(family, socket.SOCK_DGRAM) as udp, socket.socket(family) as tcp:
            try:
                udp.bind((host, 0))
                port: int = udp.getsockname()[1]
                tcp.bind((host, port))
            except OSError:
                continue
            return port
    raise StartFailed(f"{host} has no port that is free for UDP and TCP")


def _control_socket(address: str) -> socket.socket:
    """The listening socket of the control API. Raises `StartFailed`."""
    host, port = parse_address(address)
    opened = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((host, port))
    except OSError as error:
        opened.close()
        reason = error.strerror or error
        raise StartFailed(f"[trunk] control: {address} cannot be used: {reason}; {_OTHER_PORT}") from None
    return opened


def _calm_collector() -> None:
    """Leave what was imported out of garbage collection, and collect seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTOR_THRESHOLDS)


def _allow_many_sockets() -> None:
    """As many open files as the system grants: each call in progress has two media sockets."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
