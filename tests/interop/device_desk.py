"""Moves a foreign phone for `[phone.commands]` of a pbx.toml: a TCP port that takes a line for each action.

``dial +17606604690`` is answered ``ok`` or ``error WHY``; ``watch`` is answered with a line for each thing
that happens to the phone, until the connection closes. `device_remote` is the other end. What an action means
to a product is its `Device`'s affair.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

HERE = "127.0.0.1"


class DeviceRefused(Exception):
    """The phone did not do what it was told; says why."""


class Device(Protocol):
    """A phone of some product."""

    async def close(self) -> None:
        """Lets go of it; its processes are ended by whoever started them."""

    async def move(self, action: str, parameter: str) -> None:
        """Do an action of [phone.commands]. Raises DeviceRefused."""


class DeviceDesk:
    """The port of one phone."""

    def __init__(self) -> None:
        self.port = 0
        """Known once `serve` has returned."""
        self._device: Device | None = None
        self._watchers: set[asyncio.StreamWriter] = set()
        self._untold: list[str] = []
        """What happened before the first watcher came: a command that was started takes a while to ask."""
        self._was_watched = False

    @asynccontextmanager
    async def serve(self, device: Device) -> AsyncIterator[None]:
        """Listens for as long as the block lasts, and closes the device behind it."""
        self._device = device
        async with await asyncio.start_server(self._take, HERE, 0) as server:
            self.port = server.sockets[0].getsockname()[1]
            try:
                yield
            finally:
                await device.close()
                for writer in list(self._watchers):
                    writer.close()

    def tell(self, line: str) -> None:
        """Something has happened to the phone: ``rings``, ``answered``, ``refused 486``, ``ended``."""
        if not self._was_watched:
            self._untold.append(line)
        for writer in self._watchers:
            writer.write(f"{line}\n".encode())

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            action, _, parameter = (await reader.readline()).decode().strip().partition(" ")
            if action == "watch":
                self._watch(writer)
                await reader.read()  # until one of us goes
                return
            writer.write(f"{await self._moved(action, parameter)}\n".encode())
            await writer.drain()
        except OSError:
            pass  # whoever asked has gone
        finally:
            writer.close()
            self._watchers.discard(writer)

    def _watch(self, writer: asyncio.StreamWriter) -> None:
        self._watchers.add(writer)
        self._was_watched = True
        writer.write("".join(f"{line}\n" for line in self._untold).encode())
        self._untold.clear()

    async def _moved(self, action: str, parameter: str) -> str:
        assert self._device is not None
        try:
            await self._device.move(action, parameter)
        except DeviceRefused as refused:
            return f"error {refused}"
        return "ok"
