"""Orders to the control API, and what is told of them."""

import json
import queue
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from harness.load.work.control_orders import ControlOrders, Inquiry, Order

PATIENCE = 60  # seconds


class Api(BaseHTTPRequestHandler):
    """An API that closes each connection after its answer, and says nothing of it."""

    protocol_version = "HTTP/1.1"
    status = 201

    def do_POST(self) -> None:
        """Takes an order."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(self.status, {"id": "7", "detail": "no such profile"})

    def do_GET(self) -> None:
        """Shows a call."""
        self._answer(200, {"state": "ended", "status": 480, "cause": "no contact is registered"})

    def log_message(self, format: str, *arguments: object) -> None:
        """Says nothing."""

    def _answer(self, status: int, content: dict[str, object]) -> None:
        text = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
        self.close_connection = True


class RefusingApi(Api):
    """An API that takes no order."""

    status = 404


@pytest.fixture(params=[Api])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where the API listens."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), request.param)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def order(told: "queue.Queue[str]") -> Order:
    return Order("990510", {}, "echo", lambda reason: told.put(f"failed: {reason}"), told.put)


def test_a_connection_that_the_server_has_closed_is_made_anew(url: str) -> None:
    told: queue.Queue[str] = queue.Queue()
    orders = ControlOrders(url, helpers=1)
    for _ in range(3):
        orders.place(order(told))
        assert told.get(timeout=PATIENCE) == "7"
    orders.close()


def test_the_trunk_is_asked_what_became_of_a_call(url: str) -> None:
    told: queue.Queue[str] = queue.Queue()
    orders = ControlOrders(url, helpers=1)
    orders.ask(Inquiry("7", told.put))
    assert told.get(timeout=PATIENCE) == "ended: 480 no contact is registered"
    orders.close()


@pytest.mark.parametrize("url", [RefusingApi], indirect=True)
def test_a_refused_order_says_why(url: str) -> None:
    told: queue.Queue[str] = queue.Queue()
    orders = ControlOrders(url, helpers=1)
    orders.place(order(told))
    assert told.get(timeout=PATIENCE) == "failed: control API: 404 no such profile"
    orders.close()


def test_an_api_that_is_not_there_is_told() -> None:
    told: queue.Queue[str] = queue.Queue()
    orders = ControlOrders("http://127.0.0.1:1", helpers=1)
    orders.place(order(told))
    assert told.get(timeout=PATIENCE).startswith("failed: control API: ")
    orders.close()
