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
    taken: Callable[[str], None]
    """Told the trunk's id of the call when the order is taken; called from the helper."""


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What became of a call that the trunk took an order for?"""

    call: str
    """The trunk's id of it."""
    answer: Callable[[str], None]
    """Told the trunk's words; called from the helper."""


class ControlOrders:
    """Sends orders until it is closed."""

    def __init__(self, url: str, helpers: int = HELPERS) -> None:
        parts = urllib.parse.urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._path = parts.path.rstrip("/") + "/calls"
        self._orders: queue.Queue[Order | Inquiry | None] = queue.Queue()
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

    def ask(self, inquiry: Inquiry) -> None:
        """Takes an inquiry; returns at once."""
        self._orders.put(inquiry)

    def _work(self) -> None:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=PATIENCE)
        while (order := self._orders.get()) is not None:
            if isinstance(order, Inquiry):
                order.answer(self._inquire(connection, order))
                continue
            call, reason = self._send(connection, order)
            if reason:
                order.failed(reason)
            else:
                order.taken(call)
        connection.close()

    def _send(self, connection: http.client.HTTPConnection, order: Order) -> tuple[str, str]:
        """The trunk's id of the call, and why the order failed; empty: it was taken."""
        body = {"profile": order.profile, **order.called, "behaviour": {"media": order.media}}
        try:
            status, content = _exchange(connection, "POST", self._path, json.dumps(body))
        except (OSError, http.client.HTTPException) as error:
            return "", f"control API: {error}"
        if status != http.HTTPStatus.CREATED:
            return "", f"control API: {status} {_detail(content)}"
        return _text(content, "id"), ""

    def _inquire(self, connection: http.client.HTTPConnection, inquiry: Inquiry) -> str:
        """The trunk's words about a call: ``ended: 480 no registration``."""
        try:
            _, content = _exchange(connection, "GET", f"{self._path}/{inquiry.call}")
        except (OSError, http.client.HTTPException) as error:
            return f"control API: {error}"
        words = " ".join(_text(content, key) for key in ("status", "cause")).strip()
        return f"{_text(content, 'state') or 'unknown to the trunk'}{': ' * bool(words)}{words}"


def _exchange(
    connection: http.client.HTTPConnection, method: str, path: str, body: str | None = None
) -> tuple[int, bytes]:
    """Status and content. Raises OSError and HTTPException, after which the connection is made anew.

    A server may have closed a kept connection that nobody used for a while (RFC 9112 section 9.5): then once
    more, on a new one.
    """
    was_kept = connection.sock is not None
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (ConnectionError, http.client.RemoteDisconnected):
        connection.close()
        if not was_kept:
            raise
        return _exchange(connection, method, path, body)
    except (OSError, http.client.HTTPException):
        connection.close()
        raise


def _text(content: bytes, key: str) -> str:
    """A member of a JSON object as text; empty when there is none."""
    try:
        value = json.loads(content)[key]
    except (ValueError, KeyError, TypeError):
        return ""
    return "" if value is None else str(value)


def _detail(content: bytes) -> str:
    try:
        return str(json.loads(content)["detail"])
    except (ValueError, KeyError, TypeError):
        return content[:60].decode("utf-8", "replace")
