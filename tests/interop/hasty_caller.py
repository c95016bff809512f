"""A caller with many calls at once over one socket, which keeps account of what the trunk promised it.

It writes by hand the few messages that a call needs and repeats nothing: the trunk may be killed at any
moment. What it was told is in `answered` and `finished`.
"""

import hashlib
import random
import re
import select
import socket
import time

DOMAIN = "sip.skype.com"
PATIENCE = 60.0
"""Seconds without a packet after which a trunk that owes an answer counts as silent."""
ENDLESS = 3600.0
HOLDS = (0.0, 0.0, 0.0, 0.03, 0.2, ENDLESS)
"""Seconds that calls last, as often as they stand here."""
_SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\n"
_RESPONSE = re.compile(
    r"SIP/2\.0 (?P<status>\d{3}).*?\r\nTo: (?P<to>[^\r]*)\r\nCall-ID: (?P<call>[^\r]*)"
    r"\r\nCSeq: \d+ (?P<method>\w+)",
    re.DOTALL,
)
_NONCE = re.compile(r'nonce="([^"]+)"')
_CONTACT = re.compile(r"\r\nContact: <([^>]+)>")


class _Call:
    def __init__(self, call_id: str, number: str, hold: float) -> None:
        self.id, self.number, self.hold = call_id, number, hold
        self.to = f"<sip:{number}@{DOMAIN}>"
        self.target = f"sip:{number}@{DOMAIN}"
        self.ends_at: float | None = None


class HastyCaller:
    """Calls of one profile."""

    def __init__(self, port: int, username: str, password: str, rng: random.Random) -> None:
        """`port`: the trunk's, on 127.0.0.1."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self._trunk = ("127.0.0.1", port)
        self._local = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._username, self._password, self._rng = username, password, rng
        self._calls: dict[str, _Call] = {}
        self._endless = 0
        self._responses = 0
        self.answered: set[str] = set()
        """Call-IDs whose INVITE was answered with 200."""
        self.finished: set[str] = set()
        """Call-IDs whose BYE was answered with 200."""

    def call_until(self, responses: int, numbers: tuple[str, ...], at_once: int, linger: float) -> None:
        """Places calls one after the other, so many at once, until so many responses came, and `linger`
        seconds more.

        It stops sooner when all its calls are endless, and leaves them alone. Raises AssertionError when the
        trunk falls silent.
        """
        heard_at = time.monotonic()
        until: float | None = None
        while self._endless < at_once:
            while len(self._calls) < at_once:
                self._begin(self._rng.choice(numbers))
            now, before = time.monotonic(), self._responses
            self._hang_up_those_due(now)
            self.take_answers(0.001)
            heard_at = now if self._responses > before else heard_at
            assert now - heard_at < PATIENCE, f"{self._responses} responses came, and then none any more"
            if until is None and self._responses >= responses:
                until = now + linger
            if until is not None and now >= until:
                return

    def take_answers(self, wait: float = 0.0) -> None:
        """Takes all that has come in; waits so many seconds for the first."""
        if not select.select([self._socket], [], [], wait)[0]:
            return
        while True:
            try:
                text = self._socket.recv(65_535).decode()
            except (BlockingIOError, ConnectionRefusedError):
                return
            found = _RESPONSE.match(text)
            call = None if found is None else self._calls.get(found["call"])
            if found is not None and call is not None:
                self._responses += 1
                self._take(call, found["method"], int(found["status"]), found["to"], text)

    def close(self) -> None:
        """Closes the socket."""
        self._socket.close()

    def _begin(self, number: str) -> None:
        call = _Call(f"{self._rng.getrandbits(64):016x}@hasty", number, self._rng.choice(HOLDS))
        self._calls[call.id] = call
        self._send(call, "INVITE", 1, body=_SDP)

    def _hang_up_those_due(self, now: float) -> None:
        for call in list(self._calls.values()):
            if call.ends_at is not None and call.ends_at <= now:
                call.ends_at = None
                self._send(call, "BYE", 3)

    def _take(self, call: _Call, method: str, status: int, to: str, text: str) -> None:
        if method == "BYE":
            assert status == 200, text
            self.finished.add(call.id)
            del self._calls[call.id]
        elif status == 407:
            self._send(call, "ACK", 1, to=to)
            nonce = _NONCE.search(text)
            assert nonce is not None, text
            self._send(call, "INVITE", 2, body=_SDP, credentials=self._credentials(call, nonce[1]))
        elif status == 200:
            contact = _CONTACT.search(text)
            assert contact is not None, text
            self._endless += call.hold == ENDLESS and call.id not in self.answered
            self.answered.add(call.id)
            call.to, call.target = to, contact[1]
            self._send(call, "ACK", 2)
            call.ends_at = time.monotonic() + call.hold
        else:
            assert status < 200, text

    def _credentials(self, call: _Call, nonce: str) -> str:
        uri = f"sip:{call.number}@{DOMAIN}"
        secret = _md5(f"{self._username}:{DOMAIN}:{self._password}")
        proof = _md5(f"{secret}:{nonce}:00000001:c:auth:{_md5(f'INVITE:{uri}')}")
        return (
            f'Proxy-Authorization: Digest username="{self._username}", realm="{DOMAIN}", nonce="{nonce}", '
            f'uri="{uri}", response="{proof}", algorithm=MD5, qop=auth, nc=00000001, cnonce="c"\r\n'
        )

    def _send(
        self, call: _Call, method: str, number: int, *, to: str = "", body: str = "", credentials: str = ""
    ) -> None:
        branch = f"{call.id[:16]}-{number}" if to or method != "ACK" else f"{call.id[:16]}-ack"
        kind = "Content-Type: application/sdp\r\n" if body else ""
        text = (
            f"{method} {call.target} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {self._local};branch=z9hG4bK{branch};rport\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:{self._username}@{DOMAIN}>;tag={call.id[:8]}\r\n"
            f"To: {to or call.to}\r\nCall-ID: {call.id}\r\nCSeq: {number} {method}\r\n"
            f"Contact: <sip:{self._username}@{self._local}>\r\n{credentials}{kind}"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        )
        self._socket.sendto(text.encode(), self._trunk)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
