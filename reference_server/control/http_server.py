"""The control API on a TCP port, in the loop of the process; the routes are `application`."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn

from harness.sip.hop import Hop
from reference_server.control.application import make_application
from reference_server.control.desk import Desk
from reference_server.listener import address_text, parse_address
from reference_server.start import OTHER_PORT, StartFailed

LOOK_EVERY = 0.005
"""Seconds between two looks at whether uvicorn serves."""


class _QuietServer(uvicorn.Server):
    """uvicorn without its signal handlers: the process has its own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class ControlServer:
    """The control API, served from `start` to `stop`."""

    def __init__(self, desk: Desk, address: str) -> None:
        """`address` is `HOST:PORT`. Raises `StartFailed` when it cannot be had."""
        config = uvicorn.Config(
            make_application(desk),
            log_level="warning",
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
        self._server = _QuietServer(config)
        self._opened = _open(address)
        self._serving: asyncio.Task[None] | None = None
        host, port = self._opened.getsockname()[:2]
        self.url = f"http://{address_text(Hop('tcp', host, port))}"

    async def start(self) -> None:
        """Returns once it answers."""
        self._serving = asyncio.create_task(self._server.serve(sockets=[self._opened]))
        while not self._server.started and not self._serving.done():
            await asyncio.sleep(LOOK_EVERY)

    async def stop(self) -> None:
        """Returns once it answers no more."""
        self._server.should_exit = True
        if self._serving is not None:
            await self._serving


def _open(address: str) -> socket.socket:
    """The listening socket. Raises `StartFailed`."""
    host, port = parse_address(address)
    opened = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((host, port))
    except OSError as error:
        opened.close()
        reason = error.strerror or error
        raise StartFailed(f"[trunk] control: {address} cannot be used: {reason}; {OTHER_PORT}") from None
    return opened
