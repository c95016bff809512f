"""A caller that answers a challenge once and uses its nonce again and again, each call under the next nc.

Most PBXs want a challenge for each call; Asterisk and Kamailio can be made to do this. It writes its messages
by hand, each call from a port of its own.
"""

import random

from harness.sip.credential_store import CredentialStore
from harness.sip.hop import Hop, Packet
from harness.sip.message import Request, Response, parse_message
from tests.reference_server.trunk_play import PASSWORD, TRUNK, USERNAME
from tests.reference_server.workers.workers_play import WorkersPlay

HOST = "10.0.8.8"


class ThriftyCaller:
    """The caller and its calls, by number."""

    def __init__(self, play: WorkersPlay) -> None:
        self._play = play
        self._credentials = CredentialStore(USERNAME, PASSWORD, rng=random.Random(1))
        self._to_tags: dict[int, str] = {}

    def invite(self, call: int, dialled: str) -> list[int]:
        """Sends an INVITE, with credentials once there was a challenge; the statuses that come at once."""
        uri = f"sip:{dialled}@sip.skype.com"
        request = self._request("INVITE", call, uri, self._credentials.preemptive(method="INVITE", uri=uri))
        responses = self._ask(request, call)
        for response in responses:
            self._to_tags[call] = response.to.tag or ""
            if response.status == 407:
                self._credentials.authorization_for(parsed(request), response)
                self._ask(self._request("ACK", call, uri), call)
        return [response.status for response in responses]

    def say(self, method: str, call: int, dialled: str) -> list[int]:
        """Sends another request of a call; the statuses that come at once."""
        request = self._request(method, call, f"sip:{dialled}@sip.skype.com")
        return [response.status for response in self._ask(request, call)]

    def _ask(self, request: bytes, call: int) -> list[Response]:
        now = self._play.network.now()
        self._play.receive(Packet(request, Hop("udp", HOST, 7000 + call), TRUNK), now)
        sent = [packet for packet in self._play.packets_to_send() if packet.source == TRUNK]
        messages = [parse_message(packet.data) for packet in sent]
        return [message for message in messages if isinstance(message, Response)]

    def _request(self, method: str, call: int, uri: str, headers: tuple[tuple[str, str], ...] = ()) -> bytes:
        inside = method in ("ACK", "BYE")
        tag = f";tag={self._to_tags[call]}" if inside else ""
        branch = f"z9hG4bK{call}-{method if inside else 'INVITE'}"
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {HOST}:{7000 + call};branch={branch};rport",
            "Max-Forwards: 70",
            f"From: <sip:{USERNAME}@sip.skype.com>;tag=abc",
            f"To: <{uri}>{tag}",
            f"Call-ID: thrifty-{call}",
            f"CSeq: {2 if method == 'BYE' else 1} {method}",
            f"Contact: <sip:{USERNAME}@{HOST}:{7000 + call}>",
            *(f"{name}: {value}" for name, value in headers),
            "Content-Length: 0",
        ]
        return "\r\n".join([*lines, "", ""]).encode()


def parsed(data: bytes) -> Request:
    """The request in `data`."""
    message = parse_message(data)
    assert isinstance(message, Request)
    return message
