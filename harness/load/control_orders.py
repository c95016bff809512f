"""Ordering inbound calls from the reference trunk's control API, without holding up the generator.

A few helpers with a kept connection each take orders from a queue. Plain sockets and threads: under Locust
both are gevent's, so they wait cooperatively. What becomes of the call is seen where it comes in.
"""

import http.client
import json
import queue
import threading
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass

HELPERS = 4
PATIENCE = 5.0  # seconds for an answer of the API


@dataclass(frozen=True, slots=True)
class Order:
    """One call that the trunk shall place."""

    profile: str
    """SIP username."""
    called: dict[str, str]
    """``number`` or ``account``, as the API takes them; empty: the profile alone."""
    media: str
    """``echo``, ``silence``, ``tone:1004``."""
    failed: Callable[[str], None]
    """Told the reason when the order is refused; called from the helper."""


class ControlOrders:
    """Sends orders until it is closed."""

    def __init__(self, url: str, helpers: int = HELPERS) -> None:
        parts = urllib.parse.urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._path = parts.path.rstrip("/") + "/calls"
        self._orders: queue.Queue[Order | None] = queue.Queue()
        self._helpers = [threading.Thread(target=self._work, daemon=True) for _ in range(helpers)]
        for helper in self._helpers:
            helper.start()

    def place(self, order: Order) -> None:
        """Takes an order; returns at once."""
        self._orders.put(order)

    def close(self) -> None:
        """Drops what was not sent yet, and ends the helpers."""
        try:
            while True:
                self._orders.get_nowait()
        except queue.Empty:
            pass
        for _ in self._helpers:
            self._orders.put(None)

    def _work(self) -> None:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=PATIENCE)
        while (order := self._orders.get()) is not None:
            reason = self._send(connection, order)
            if reason:
                order.failed(reason)
        connection.close()

    def _send(self, connection: http.client.HTTPConnection, order: Order) -> str:
        """Why the order failed; empty: it was taken."""
        body = {"profile": order.profile, **order.called, "behaviour": {"media": order.media}}
        try:
            connection.request("POST", self._path, json.dumps(body), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            return f"control API: {error}"
        return "" if answer.status == 201 else f"control API: {answer.status} {_detail(content)}"


def _detail(content: bytes) -> str:
    try:
        return str(json.loads(content)["detail"])
    except (ValueError, KeyError, TypeError):
        return content[:60].decode("utf-8", "replace")
