"""The control API of the reference trunk, as scenarios use it: placing inbound calls and looking at channels.

Plain HTTP with the standard library. A target without a control API has no `Control`: the fixture then
makes the scenario *not applicable*.
"""

import base64
import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any

from harness.capture.trace import TracedPacket
from harness.sip.hop import Hop, Packet

_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Past any proxy: the control API is in the trunk's own network, on loopback as a rule."""
ANSWER_TIMEOUT = 5.0  # seconds that the API has for an answer


class ControlError(Exception):
    """The control API could not be asked, or refused."""

    def __init__(self, method: str, url: str, reason: str) -> None:
        super().__init__(method, url, reason)
        self.reason = reason

    def __str__(self) -> str:
        method, url, reason = self.args
        return f"{method} {url}: {reason}"


class Control:
    """A trunk's control API."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def check(self) -> None:
        """Whether anybody answers there; any answer will do. Raises `ControlError`."""
        try:
            self._ask("GET", "/healthz")
        except ControlError as error:
            if not isinstance(error.__cause__, urllib.error.HTTPError):
                raise

    def place_call(
        self,
        profile: str,
        *,
        number: str | None = None,
        account: str | None = None,
        caller: str = "+442079460999",
        **behaviour: Any,
    ) -> str:
        """Lets the trunk call a profile's phones; returns the call's id at once.

        Behaviour: ring_timeout, hang_up_after, cancel_after (seconds), media ("tone:1004", "echo",
        "silence"), late_offer, dtmf.
        """
        wanted = {"profile": profile, "number": number, "account": account, "caller": caller}
        body = {key: value for key, value in wanted.items() if value is not None}
        return str(self._ask("POST", "/calls", {**body, "behaviour": behaviour})["id"])

    def call(self, call_id: str) -> dict[str, Any]:
        """One call: state, status, cause, released_by, fault_of_pbx, ..."""
        answer: dict[str, Any] = self._ask("GET", f"/calls/{call_id}")
        return answer

    def find_call(self, sip_call_id: str) -> str | None:
        """The id of the call with this Call-ID; None when the trunk has, or remembers, none."""
        calls = self._ask("GET", "/calls")
        return next((str(each["id"]) for each in reversed(calls) if each["call_id"] == sip_call_id), None)

    def hang_up(self, call_id: str) -> None:
        """Ends a call from the trunk's side."""
        self._ask("DELETE", f"/calls/{call_id}")

    def profile(self, sip_username: str) -> dict[str, Any]:
        """One profile: bindings, channels_used, channels, active."""
        answer: dict[str, Any] = self._ask("GET", f"/profiles/{sip_username}")
        return answer

    def records(self, last: int = 1000) -> list[dict[str, Any]]:
        """The newest call records, oldest first or last as the trunk has them."""
        answer = self._ask("GET", f"/records?last={last}")
        return list(answer["records"] if isinstance(answer, dict) else answer)

    # Of a trunk that is observed

    def direct(self, sip_username: str, **directions: Any) -> None:
        """Tells the trunk what to do to a profile from now on: register, invite, change, inbound, impairment,
        each a mapping (`GET /openapi.json` lists the keys). Without any, all is as it always is."""
        self._ask("PUT", f"/profiles/{sip_username}/stage", directions)

    def observed(
        self, since: int = 0, *, profile: str | None = None, kind: str | None = None
    ) -> tuple[list[TracedPacket], int]:
        """What passed between the trunk and its PBXs after packet number ``since``, and the number to ask
        with next. ``kind`` is ``sip`` or ``rtp``; None: both."""
        wanted = {"since": since, "profile": profile, "kind": kind or ""}
        query = urllib.parse.urlencode({key: value for key, value in wanted.items() if value is not None})
        answer: dict[str, Any] = self._ask("GET", f"/trace?{query}")
        packets = [
            TracedPacket(
                each["number"],
                each["time"],
                Packet(base64.b64decode(each["data"]), _hop(each["source"]), _hop(each["destination"])),
                each["kind"],
            )
            for each in answer["packets"]
        ]
        return packets, int(answer["next"])

    def send_request(self, sip_username: str, method: str = "OPTIONS", **request: Any) -> str:
        """Lets the trunk send a request outside calls to a profile's PBX; returns its Call-ID.

        ``headers`` a mapping, ``body`` text, ``raw`` a whole datagram in base64 instead of all that.
        """
        body = {"method": method, **request}
        return str(self._ask("POST", f"/profiles/{sip_username}/requests", body)["call_id"])

    def step(self, call_id: str, do: str, digits: str = "") -> None:
        """Lets the trunk do something in a call: hold, resume, reinvite, update, dtmf, hang_up, options."""
        self._ask("POST", f"/calls/{call_id}/steps", {"do": do, "digits": digits})

    def wait_until(
        self, holds: Callable[["Control"], bool], pause: Callable[[float], object], timeout: float = 2
    ) -> bool:
        """Asks until the predicate holds; `pause` lets time pass (a phone's `wait`). False: it never did."""
        for _ in range(max(1, int(timeout / 0.05))):
            if holds(self):
                return True
            pause(0.05)
        return holds(self)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        url = self._url + path
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(url, data=data, method=method, headers=headers)
        try:
            with _DIRECT.open(request, timeout=ANSWER_TIMEOUT) as answer:
                content = answer.read()
        except urllib.error.HTTPError as error:
            detail = error.read(500).decode("utf-8", "replace")
            raise ControlError(method, url, f"{error.code} {detail}") from error
        except urllib.error.URLError as error:
            reason = getattr(error.reason, "strerror", None) or str(error.reason)
            raise ControlError(method, url, reason) from error
        except (OSError, http.client.HTTPException) as error:
            raise ControlError(method, url, f"no HTTP answer ({error})") from error
        try:
            return json.loads(content) if content else None
        except ValueError as error:
            raise ControlError(method, url, f"the answer is not JSON: {content[:40]!r}") from error


def _hop(text: str) -> Hop:
    transport, _, address = text.partition(":")
    host, _, port = address.rpartition(":")
    return Hop(transport, host.strip("[]"), int(port))
