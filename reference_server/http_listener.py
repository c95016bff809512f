"""An ASGI application on a TCP port, in the loop of the process: the control API's and the Manager's.

What it answers is the application's business.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from harness.sip.hop import Hop
from reference_server.listener import address_text, parse_address
from reference_server.open_streams import OpenStreams
from reference_server.start import OTHER_PORT, StartFailed

LOOK_EVERY = 0.005
"""Seconds between two looks at whether uvicorn serves."""
PATIENCE_AT_END = 1
"""Seconds that answers under way have when it stops."""


class _QuietServer(uvicorn.Server):
    """uvicorn without its signal handlers: the process has its own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class HttpListener:
    """An application, served from `start` to `stop`."""

    def __init__(
        self, application: ASGIApp, address: str, key: str, tls: ssl.SSLContext | None = None
    ) -> None:
        """`address` is `HOST:PORT`, `key` where the settings have it. Raises `StartFailed` if it's taken."""
        self._streams = OpenStreams(application)
        config = uvicorn.Config(
            self._streams,
            log_level="warning",
            access_log=False,
            lifespan="off",
            server_header=False,
            proxy_headers=False,  # addresses are what failed sign-ins are counted by
            timeout_graceful_shutdown=PATIENCE_AT_END,
        )
        if tls is not None:
            config.load()
            config.ssl = tls
        self._server = _QuietServer(config)
        self._opened = _open(address, key)
        self._serving: asyncio.Task[None] | None = None
        host, port = self._opened.getsockname()[:2]
        self.url = f"{'http' if tls is None else 'https'}://{address_text(Hop('tcp', host, port))}"

    async def start(self) -> None:
        """Returns once it answers."""
        self._serving = asyncio.create_task(self._server.serve(sockets=[self._opened]))
        while not self._server.started and not self._serving.done():
            await asyncio.sleep(LOOK_EVERY)

    async def stop(self) -> None:
        """Returns once it answers no more."""
        self._server.should_exit = True
        self._streams.end()
        if self._serving is not None:
            await self._serving


def _open(address: str, key: str) -> socket.socket:
    """The listening socket. Raises `StartFailed`."""
    host, port = parse_address(address)
    opened = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((host, port))
    except OSError as error:
        opened.close()
        reason = error.strerror or error
        raise StartFailed(f"{key}: {address} cannot be used: {reason}; {OTHER_PORT}") from None
    return opened
