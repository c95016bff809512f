"""The control API on a TCP port, in the loop of the process; the routes are `application`."""

from reference_server.control.application import make_application
from reference_server.control.desk import Desk
from reference_server.http_listener import HttpListener


class ControlServer(HttpListener):
    """The control API, served from `start` to `stop`."""

    def __init__(self, desk: Desk, address: str) -> None:
        """`address` is `HOST:PORT`. Raises `StartFailed` when it cannot be had."""
        super().__init__(make_application(desk), address, "[trunk] control")
