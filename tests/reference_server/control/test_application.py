"""The control API over ASGI, on a trunk in virtual time."""

import asyncio
from typing import Any

import httpx
import pytest

from reference_server.control.application import make_application
from reference_server.control.desk import ControlDesk
from reference_server.metrics import Metrics
from tests.reference_server.trunk_play import ECHO, ONLINE_NUMBER, USERNAME, TrunkPlay, play


class Api:
    """The API of a trunk, asked synchronously."""

    def __init__(self, trunk: TrunkPlay) -> None:
        now = trunk.network.now
        desk = ControlDesk(trunk.trunk, trunk.store, Metrics(trunk.trunk, now), now, lambda: None)
        self._transport = httpx.ASGITransport(make_application(desk))

    def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url="http://trunk") as client:
                return await client.request(method, path, json=body)

        return asyncio.run(ask())


def test_a_call_is_placed_shown_and_ended() -> None:
    trunk = play()
    api = Api(trunk)
    phone = trunk.phone()
    phone.register()
    placed = api.ask("POST", "/calls", {"profile": USERNAME, "number": ONLINE_NUMBER})
    assert placed.status_code == 201
    identifier = placed.json()["id"]
    call = phone.wait_call()
    call.answer()
    trunk.wait(1)
    shown = api.ask("GET", f"/calls/{identifier}").json()
    assert (shown["state"], shown["direction"], shown["number"]) == ("answered", "inbound", ONLINE_NUMBER)
    assert shown["media"]["received_packets"] > 10
    assert api.ask("DELETE", f"/calls/{identifier}").status_code == 204
    trunk.wait(1)
    assert call.ended_by == "remote"
    (ended,) = api.ask("GET", "/calls").json()
    assert (ended["state"], ended["released_by"]) == ("ended", "trunk")
    (record,) = api.ask("GET", "/records").json()
    assert (record["profile"], record["cause"]) == (USERNAME, "ended by the operator")


def test_a_profile_shows_bindings_and_channels() -> None:
    trunk = play()
    phone = trunk.phone()
    phone.register(expires=300)
    phone.call(ECHO).wait_answered()
    shown = Api(trunk).ask("GET", f"/profiles/{USERNAME}").json()
    assert (shown["channels_used"], shown["channels"], shown["active"]) == (1, 3, True)
    assert shown["bindings"][0]["contact"] == f"<sip:{USERNAME}@10.0.0.2:5060>"
    assert 298 <= shown["bindings"][0]["expires_in"] <= 300


def test_what_is_not_there_is_404_and_what_is_wrong_422() -> None:
    api = Api(play())
    assert api.ask("GET", "/calls/none").status_code == 404
    assert api.ask("GET", "/profiles/none").status_code == 404
    assert api.ask("POST", "/calls", {"profile": "none"}).status_code == 404
    assert (
        api.ask("POST", "/calls", {"profile": USERNAME, "behaviour": {"media": "noise"}}).status_code == 422
    )
    assert api.ask("POST", "/calls", {"proflie": USERNAME}).status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "detail"),
    [
        ("POST", "/calls", {"profile": USERNAME, "fax": 1}, 422, "fax: there is no such key"),
        ("POST", "/calls", {"profile": USERNAME, "caller": "a b"}, 422, "caller: seen 'a b'; "),
        ("POST", "/calls", {"profile": USERNAME, "display": "a\r\nX: b"}, 422, "display: seen "),
        ("POST", "/calls", {"profile": USERNAME, "number": "+1"}, 404, "+1 is no Online Number of "),
        ("POST", "/calls", {"profile": "none"}, 404, "no profile has the SIP username none"),
        ("POST", "/calls", [1], 422, "the body: seen [1]; "),
        ("GET", "/calls/none", None, 404, "no call has the id none"),
        ("DELETE", "/calls/none", None, 404, "no call has the id none"),
        ("GET", "/nothing", None, 404, "there is no /nothing; /openapi.json"),
        ("PUT", "/calls", None, 405, "PUT can't be done to /calls; /openapi.json"),
        ("GET", "/records?last=-1", None, 422, "last: seen '-1'; "),
    ],
)
def test_a_refusal_is_one_sentence(method: str, path: str, body: Any, status: int, detail: str) -> None:
    answer = Api(play()).ask(method, path, body)
    assert answer.status_code == status
    problem = answer.json()
    assert problem["status"] == status
    assert problem["detail"].startswith(detail)


def test_the_openapi_document_shows_how_refusals_look() -> None:
    answers = Api(play()).ask("GET", "/openapi.json").json()["paths"]["/calls"]["post"]["responses"]
    assert answers["422"]["content"]["application/json"]["schema"]["$ref"].endswith("/Problem")


def test_a_profile_without_a_binding_is_not_called() -> None:
    shown = Api(play()).ask("POST", "/calls", {"profile": USERNAME}).json()
    assert (shown["state"], shown["status"], shown["cause"]) == ("ended", 480, "no contact is registered")


def test_metrics_tell_registrations_calls_channels_and_responses() -> None:
    trunk = play()
    api = Api(trunk)
    phone = trunk.phone()
    phone.register()
    phone.call("+442079460486").wait_ended()
    phone.call(ECHO).wait_answered()
    text = api.ask("GET", "/metrics").text
    for line in (
        "trunk_registrations_total 1.0",
        'trunk_calls_total{direction="outbound",outcome="486"} 1.0',
        f'trunk_channels_used{{sip_username="{USERNAME}"}} 1.0',
        'trunk_responses_total{code="407"} 2.0',
        "trunk_loop_lag_seconds 0.0",
    ):
        assert line in text


def test_openapi_describes_the_routes() -> None:
    paths = Api(play()).ask("GET", "/openapi.json").json()["paths"]
    assert {"/calls", "/calls/{call_id}", "/profiles/{sip_username}", "/records", "/metrics"} <= set(paths)


def test_health_is_told() -> None:
    assert Api(play()).ask("GET", "/healthz").json() == {"status": "ok", "calls": 0, "workers": 1}
