"""The Manager in the trunk's process: made of the settings, its clock ticks, its listener answers.

What it does is `manager`'s, how it is reached `manager_server`'s. A trunk without an address in `[manager]`
has none.
"""

import asyncio
import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from reference_server.console.application import Watch
from reference_server.manager.live_trunk import LiveTrunk
from reference_server.manager.manager import Manager
from reference_server.manager.problem import Problem
from reference_server.manager_server import ManagerServer, make_application
from reference_server.manager_settings import ManagerSettings
from reference_server.rating.prices import Prices
from reference_server.rating.tariff import Tariff
from reference_server.start import StartFailed
from reference_server.store.database import Database


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the Manager finds in its process."""

    database: Database
    live: LiveTrunk
    tariff: Tariff
    clock: Callable[[], float]
    watch: Watch
    """Makes the trunk show its packets, for the Live page."""
    domain: str
    """Of the trunk; stands in a certificate that is made here."""
    beside: Path
    """The folder of the settings file."""


class ManagerHost:
    """The Manager of this process, from `start` to `stop`."""

    def __init__(self, settings: ManagerSettings, around: Surroundings) -> None:
        """Raises `SettingsError` for a wrong price list, `StartFailed` for an address that can't be had."""
        prices = Prices.load(None if settings.prices is None else around.beside / settings.prices)
        zone = None if settings.timezone is None else ZoneInfo(settings.timezone)
        rng = random.SystemRandom()
        self._manager = Manager(
            around.database, around.live, prices, around.tariff, around.clock, rng, zone=zone
        )
        self._application = make_application(self._manager, around.database, around.clock, around.watch)
        self._server = ManagerServer(self._application, settings, around.domain, around.beside)
        self._ticking: asyncio.Task[None] | None = None
        self.url = self._server.url
        """Of the console."""

    async def start(self) -> str | None:
        """Returns once it answers: the URL for the first administrator's account, while there is none.

        Raises `StartFailed` when the database fails.
        """
        self._ticking = asyncio.create_task(self._manager.run_clock())
        await asyncio.sleep(0)  # it catches up with what came due before it first waits
        if self._ticking.done():
            try:
                self._ticking.result()
            except Problem as problem:
                raise StartFailed(f"[manager]: {problem.detail}") from None
        await asyncio.to_thread(self._application.state.document)  # a fifth of a second that calls don't have
        await self._server.start()
        path = self._manager.people.invitations.first_link()
        return None if path is None else self.url + path

    async def stop(self) -> None:
        """Returns once it answers no more."""
        if self._ticking is not None:
            self._ticking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticking
        await self._server.stop()
