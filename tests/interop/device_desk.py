"""Moves a foreign phone for `[phone.commands]` of a pbx.toml: a TCP port that takes a line for each action.

``dial +17606604690`` is answered ``ok`` or ``error WHY``; ``watch`` is answered with a line for each thing
that happens to the phone, until the connection closes. `device_remote` is the other end. What an action means
to a product is its `Device`'s affair.
"""

import asyncio
from typing import Protocol

HERE = "127.0.0.1"


class DeviceRefused(Exception):
    """The phone did not do what it was told; says why."""


class Device(Protocol):
    """A phone of some product."""

    async def move(self, action: str, parameter: str) -> None:
        """Do an action of [phone.commands]. Raises DeviceRefused."""


class DeviceDesk:
    """The port of one phone."""

    def __init__(self) -> None:
        self.port = 0
        """Known once `serve` has returned."""
        self._device: Device | None = None
        self._watchers: set[asyncio.StreamWriter] = set()

    async def serve(self, device: Device) -> asyncio.Server:
        """Begins to listen."""
        self._device = device
        server = await asyncio.start_server(self._take, HERE, 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    def tell(self, line: str) -> None:
        """Something has happened to the phone: ``rings``, ``answered``, ``refused 486``, ``ended``."""
        for writer in self._watchers:
            writer.write(f"{line}\n".encode())

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            action, _, parameter = (await reader.readline()).decode().strip().partition(" ")
            if action == "watch":
                self._watchers.add(writer)
                await reader.read()  # until the watcher goes
                return
            writer.write(f"{await self._moved(action, parameter)}\n".encode())
            await writer.drain()
        except OSError:
            pass  # whoever asked has gone
        finally:
            self._watchers.discard(writer)
            writer.close()

    async def _moved(self, action: str, parameter: str) -> str:
        assert self._device is not None
        try:
            await self._device.move(action, parameter)
        except DeviceRefused as refused:
            return f"error {refused}"
        return "ok"
