"""Sets up and holds many calls over one UDP socket, with as little of SIP as a benchmark can do with.

One call after another, no retransmission: on loopback nothing is lost. Answers a challenge (RFC 2617, MD5
with qop=auth). What is sent inside the calls is `rtp_blaster`'s; calls that come and go quickly are SIPp's.
"""

import hashlib
import re
import secrets
import socket
from dataclasses import dataclass
from typing import NamedTuple

from benchmarks.processes import BenchmarkError

DOMAIN = "sip.skype.com"
PATIENCE = 5.0
"""Seconds that one response may take."""
SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio {port} RTP/AVP {type}\r\n"
)
CHALLENGE = re.compile(r'(\w+)="?([^",]*)"?')


@dataclass(frozen=True, slots=True)
class HeldCall:
    """One call that stands."""

    username: str
    call_id: str
    target: str
    """Request-URI of what follows: the Contact of the answer."""
    to: str
    """The To value with its tag."""
    media: tuple[str, int]
    """Where the other side wants its RTP."""


class _Request(NamedTuple):
    method: str
    uri: str
    user: str
    call_id: str
    number: int
    """Of CSeq."""
    to: str
    body: str = ""
    credentials: str = ""
    """The whole header field."""
    branch: str = ""
    """A new one when empty."""


class PlainCalls:
    """A caller without a future: everything it does waits for the answer."""

    def __init__(self, port: int) -> None:
        """``port`` is the server's, on 127.0.0.1."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * 1024 * 1024)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.connect(("127.0.0.1", port))
        self._socket.settimeout(PATIENCE)
        self._local = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self.held: list[HeldCall] = []

    def call(
        self,
        username: str,
        number: str,
        *,
        password: str = "secret",
        media_port: int = 9,
        payload_type: int = 0,
    ) -> HeldCall:
        """Places a call and acknowledges its answer. Raises BenchmarkError when it is refused."""
        call_id = f"{secrets.token_hex(8)}@benchmark"
        uri, to, body = (
            f"sip:{number}@{DOMAIN}",
            f"<sip:{number}@{DOMAIN}>",
            SDP.format(port=media_port, type=payload_type),
        )
        invite = _Request("INVITE", uri, username, call_id, 1, to, body)
        status, text = self._ask(invite)
        if status == 407:
            told = _field(text, "To")
            self._send(_Request("ACK", uri, username, call_id, 1, told, branch=_branch(text)))
            credentials = _credentials(_field(text, "Proxy-Authenticate"), username, password, "INVITE", uri)
            invite = invite._replace(number=2, credentials=credentials)
            status, text = self._ask(invite)
        if status != 200:
            raise BenchmarkError(f"call {len(self.held) + 1} to {number} was refused: {text.splitlines()[0]}")
        contact = re.search(r"<([^>]*)>", _field(text, "Contact"))
        place = re.search(r"c=IN IP4 (\S+)", text), re.search(r"m=audio (\d+)", text)
        if contact is None or place[0] is None or place[1] is None:
            raise BenchmarkError(f"the answer of {number} names no Contact or no address for audio: {text}")
        media = (place[0][1], int(place[1][1]))
        call = HeldCall(username, call_id, contact[1], _field(text, "To"), media)
        self._send(_Request("ACK", call.target, username, call_id, invite.number, call.to))
        self.held.append(call)
        return call

    def end_all(self) -> None:
        """Ends every call with BYE."""
        while self.held:
            call = self.held.pop()
            self._ask(_Request("BYE", call.target, call.username, call.call_id, 9, call.to))

    def close(self) -> None:
        """Closes the socket; calls that stand are forgotten without a word."""
        self._socket.close()

    def _ask(self, request: _Request) -> tuple[int, str]:
        """Sends a request and returns status and text of its final response."""
        self._send(request)
        while True:
            try:
                text = self._socket.recv(65_535).decode()
            except TimeoutError:
                raise BenchmarkError(f"no answer to {request.method} within {PATIENCE:g} s") from None
            status = text[8:11]
            if (
                text.startswith("SIP/2.0 ")
                and request.call_id in text
                and f"CSeq: {request.number} {request.method}" in text
                and status >= "200"
            ):
                return int(status), text

    def _send(self, request: _Request) -> None:
        branch = request.branch or f"z9hG4bK{secrets.token_hex(8)}"
        lines = [
            f"{request.method} {request.uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {self._local};branch={branch}",
            "Max-Forwards: 70",
            f"From: <sip:{request.user}@{DOMAIN}>;tag={request.call_id[:8]}",
            f"To: {request.to}",
            f"Call-ID: {request.call_id}",
            f"CSeq: {request.number} {request.method}",
            f"Contact: <sip:{request.user}@{self._local}>",
            *([request.credentials] if request.credentials else []),
            *(["Content-Type: application/sdp"] if request.body else []),
            f"Content-Length: {len(request.body)}",
        ]
        self._socket.send(("\r\n".join(lines) + "\r\n\r\n" + request.body).encode())


def _field(text: str, name: str) -> str:
    found = re.search(rf"^{name}: *(.*?)\r$", text, re.IGNORECASE | re.MULTILINE)
    if found is None:
        raise BenchmarkError(f"a response has no {name}: {text}")
    return found[1]


def _branch(text: str) -> str:
    """The branch of a response's Via, which the ACK to a refusal repeats (RFC 3261 section 17.1.1.3)."""
    return _field(text, "Via").partition("branch=")[2].partition(";")[0]


def _credentials(challenge: str, username: str, password: str, method: str, uri: str) -> str:
    asked = dict(CHALLENGE.findall(challenge))
    cnonce, count = secrets.token_hex(8), "00000001"
    secret = _md5(f"{username}:{asked['realm']}:{password}")
    proof = _md5(f"{secret}:{asked['nonce']}:{count}:{cnonce}:auth:{_md5(f'{method}:{uri}')}")
    return (
        f'Proxy-Authorization: Digest username="{username}", realm="{asked["realm"]}", '
        f'nonce="{asked["nonce"]}", uri="{uri}", response="{proof}", algorithm=MD5, '
        f'qop=auth, nc={count}, cnonce="{cnonce}"'
    )


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
