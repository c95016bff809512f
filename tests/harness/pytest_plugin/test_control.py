"""The control API's client, against a server that says what a trunk says."""

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from harness.pytest_plugin.control import Control, ControlError

ASKED: list[tuple[str, str, object]] = []


class Trunk(BaseHTTPRequestHandler):
    """Says what it was asked, and refuses what it does not know."""

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        ASKED.append((self.command, self.path, body))
        status = 404 if self.path.endswith("unknown") else 201 if self.command == "POST" else 200
        data = json.dumps(
            [{"id": "r1"}] if self.path.startswith("/records?") else {"id": 7, "state": "ended"}
        ).encode()
        data = b"<html>" if self.path.endswith("page") else data
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_DELETE = answer  # noqa: N815 - http.server's names

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def control() -> Iterator[Control]:
    ASKED.clear()
    with HTTPServer(("127.0.0.1", 0), Trunk) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield Control(f"http://127.0.0.1:{server.server_port}/")
        server.shutdown()
        thread.join()


def test_a_call_is_placed_with_number_and_behaviour(control: Control) -> None:
    assert control.place_call("9905", number="+44", media="echo") == "7"
    expected = {"profile": "9905", "number": "+44", "caller": "+442079460999", "behaviour": {"media": "echo"}}
    assert [("POST", "/calls", expected)] == ASKED


def test_calls_are_looked_at_and_ended(control: Control) -> None:
    assert control.call("7")["state"] == "ended"
    control.hang_up("7")
    assert control.records(last=5) == [{"id": "r1"}]
    assert [(method, path) for method, path, _ in ASKED] == [
        ("GET", "/calls/7"),
        ("DELETE", "/calls/7"),
        ("GET", "/records?last=5"),
    ]


def test_a_refusal_names_method_address_and_status(control: Control) -> None:
    with pytest.raises(ControlError, match=r"GET http://127\.0\.0\.1:.*/profiles/unknown: 404"):
        control.profile("unknown")


def test_waiting_ends_when_the_predicate_holds(control: Control) -> None:
    pauses: list[float] = []
    assert control.wait_until(lambda _: len(pauses) == 2, pauses.append)
    assert not control.wait_until(lambda _: False, pauses.append, timeout=0.1)


def test_an_api_that_refuses_is_there_all_the_same(control: Control) -> None:
    control.check()
    Control(f"{control._url}/unknown").check()  # noqa: SLF001 - the address of the fixture's server


def test_an_api_that_is_not_there_is_told() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(ControlError, match=f"GET {url}/healthz: Connection refused"):
            Control(url).check()


def test_an_answer_that_is_not_json_is_told(control: Control) -> None:
    with pytest.raises(ControlError, match="the answer is not JSON: b'<html>'"):
        control.profile("page")


def test_no_proxy_stands_between(control: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://192.0.2.1:9")
    assert control.call("7")["state"] == "ended"
