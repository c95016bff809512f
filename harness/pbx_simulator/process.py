"""The simulated PBX as a process: sockets and signals around the core, in one asyncio loop.

What the PBX does is `pbx`, the command line `__main__`.
"""

import asyncio
import json
import random
import signal
from collections.abc import Callable
from dataclasses import dataclass

from harness.drivers.asyncio_driver import AsyncioDriver
from harness.drivers.asyncio_driver import run as run_loop
from harness.drivers.errors import AddressUnusable
from harness.pbx_simulator.blueprint import Blueprint
from harness.pbx_simulator.pbx import Pbx
from harness.pbx_simulator.settings import PbxFile
from harness.pbx_simulator.side import MediaPorts
from harness.sip.hop import Hop

PATIENCE_AT_END = 4.0
"""Seconds that the PBX waits at the end for answers to its BYEs and its last REGISTER."""
STEP = 0.02
"""Seconds between two looks whether all has been answered."""


class StartFailed(Exception):
    """The PBX cannot start; one line for the operator."""


@dataclass(frozen=True, slots=True)
class Started:
    """Where a PBX that runs can be reached."""

    inside: Hop
    outside: Hop
    username: str
    extensions: tuple[str, ...]

    def announcement(self) -> str:
        """One line of JSON: ``inside`` for phones, ``outside`` for the trunk, as TRANSPORT:HOST:PORT."""
        return json.dumps(
            {
                "inside": str(self.inside),
                "outside": str(self.outside),
                "username": self.username,
                "extensions": list(self.extensions),
            }
        )


def run(settings: PbxFile, blueprint: Blueprint, on_start: Callable[[Started], None]) -> None:
    """Run a PBX until SIGTERM or SIGINT. Raises `StartFailed`."""
    run_loop(serve(settings, blueprint, on_start))


async def serve(settings: PbxFile, blueprint: Blueprint, on_start: Callable[[Started], None]) -> None:
    """Run a PBX in the current loop until a signal comes. Raises `StartFailed`."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    driver = AsyncioDriver()
    settings = blueprint.settings(settings)  # a fault may want other addresses
    try:
        inside = await _listen(driver, settings.pbx.inside_hop, "listen")
        outside = await _listen(driver, settings.pbx.outside_hop, "trunk_listen")
        pbx = Pbx(
            settings,
            inside=inside,
            outside=outside,
            media_ports=MediaPorts(driver.media_address, driver.release_media),
            rng=random.Random(),
            blueprint=blueprint,
        )
        driver.core = pbx
        on_start(Started(inside, outside, settings.pbx.username, pbx.extensions.numbers))
        pbx.start(driver.now())
        driver.wake()
        await stop.wait()
        pbx.stop(driver.now())
        driver.wake()
        await _wait_until_at_rest(pbx, driver)
    finally:
        await driver.close()


async def _listen(driver: AsyncioDriver, wanted: Hop, key: str) -> Hop:
    """Open a signalling address. For TLS a port for TCP is taken: calls come by the connection of REGISTER,
    so no certificate is needed. Raises `StartFailed`."""
    plain = wanted._replace(transport="tcp") if wanted.transport == "tls" else wanted
    try:
        opened = await driver.listen(plain)
    except AddressUnusable as error:
        raise StartFailed(f"[pbx] {key}: {wanted} cannot be used: {error.reason}; choose another") from None
    return opened._replace(transport=wanted.transport)


async def _wait_until_at_rest(pbx: Pbx, driver: AsyncioDriver) -> None:
    until = driver.now() + PATIENCE_AT_END
    while not pbx.at_rest and driver.now() < until:
        await asyncio.sleep(STEP)
