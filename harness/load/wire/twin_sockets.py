"""Two sockets with one address: one connected to the target, one for whatever comes from elsewhere.

Sending on a connected socket is cheaper. What is sent and taken there is `outbox`'s and `inbox`'s work.
"""

import socket

from gevent.monkey import get_original


def twin_sockets(
    host: str, port: int, target: tuple[str, int], receive_buffer: int
) -> tuple[socket.socket, socket.socket]:
    """The connected socket and its unconnected twin, neither of which blocks; port 0 is any free one.

    ``receive_buffer`` is asked of the kernel for each, in bytes. Raises OSError.
    """
    connected = _bound_socket(host, port, receive_buffer)
    connected.connect(target)
    # only now, or two processes that ask for any port could be given the same one
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return connected, _bound_socket(host, connected.getsockname()[1], receive_buffer, share=True)


def granted_buffer(made: socket.socket) -> int:
    """Bytes that the kernel gave for what comes in, without its own half (socket(7))."""
    return made.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2


def _bound_socket(host: str, port: int, receive_buffer: int, *, share: bool = False) -> socket.socket:
    """A UDP socket; ``share`` lets it have the port of another. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Locust patches the process: its sockets would wait for gevent. This is the real one.
    made: socket.socket = get_original("socket", "socket")(family, socket.SOCK_DGRAM)
    made.setblocking(False)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    if share:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
    except OSError:
        made.close()
        raise
    return made
