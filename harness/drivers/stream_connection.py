"""One TCP or TLS connection without blocking: connecting, handshake, messages in, bytes out.

For drivers that select by themselves; asyncio has its own transports. Cutting the stream into messages is
`harness.sip.stream`'s work.
"""

import errno
import os
import socket
import ssl

from harness.sip.errors import ParseError
from harness.sip.hop import Hop
from harness.sip.stream import StreamFramer

CHUNK = 65_536
"""Bytes read at once."""

TLS_WAITS = (ssl.SSLWantReadError, ssl.SSLWantWriteError)


class ConnectionLost(Exception):
    """The connection failed or was closed."""


class StreamConnection:
    """A connection and the bytes that wait for it."""

    def __init__(
        self,
        sock: socket.socket,
        local: Hop,
        peer: Hop,
        tls: ssl.SSLContext | None,
        *,
        server_side: bool,
    ) -> None:
        """``local`` is the signalling address it belongs to, not the connection's own port."""
        sock.setblocking(False)
        self.socket = sock
        self.local = local
        self.peer = peer
        self._tls = tls
        self._server_side = server_side
        self._connecting = not server_side
        self._handshaking = tls is not None
        self._outgoing = bytearray()
        self._framer = StreamFramer()
        if server_side and tls is not None:
            self._wrap()

    @property
    def wants_to_write(self) -> bool:
        """Whether to wait for the socket to become writable."""
        return self._connecting or bool(self._outgoing and not self._handshaking)

    def send(self, data: bytes) -> None:
        """Queue bytes; `advance` sends them."""
        self._outgoing += data

    def advance(self) -> list[bytes]:
        """Do what can be done now; returns messages that came in. Raises `ConnectionLost`."""
        try:
            if self._connecting and not self._finish_connecting():
                return []
            if self._handshaking and not self._shake_hands():
                return []
            messages = self._read()
            self._write()
        except ParseError as error:
            raise ConnectionLost(f"the stream lost its framing: {error}") from error
        except OSError as error:
            raise ConnectionLost(error.strerror or str(error)) from error
        return messages

    def close(self) -> None:
        self.socket.close()

    def _finish_connecting(self) -> bool:
        number = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if number:
            raise ConnectionLost(os.strerror(number))
        try:
            self.socket.getpeername()
        except OSError as error:
            if error.errno == errno.ENOTCONN:
                return False
            raise
        self._connecting = False
        if self._tls is not None:
            self._wrap()
        return True

    def _wrap(self) -> None:
        assert self._tls is not None
        self.socket = self._tls.wrap_socket(
            self.socket,
            server_side=self._server_side,
            do_handshake_on_connect=False,
            server_hostname=None if self._server_side else self.peer.host,
        )

    def _shake_hands(self) -> bool:
        assert isinstance(self.socket, ssl.SSLSocket)
        try:
            self.socket.do_handshake()
        except TLS_WAITS:
            return False
        self._handshaking = False
        return True

    def _read(self) -> list[bytes]:
        messages: list[bytes] = []
        while True:
            try:
                data = self.socket.recv(CHUNK)
            except (BlockingIOError, *TLS_WAITS):
                break
            if not data:
                if messages:
                    break
                raise ConnectionLost("the other side closed the connection")
            messages.extend(self._framer.feed(data))
        for _ in range(self._framer.take_pings()):
            self._outgoing += b"\r\n"
        return messages

    def _write(self) -> None:
        while self._outgoing:
            try:
                sent = self.socket.send(self._outgoing)
            except (BlockingIOError, *TLS_WAITS):
                return
            del self._outgoing[:sent]
