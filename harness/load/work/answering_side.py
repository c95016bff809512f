"""A far end as small as can be, for test 6.1 of RFC 7502: the generator against itself, without a target.

It challenges, rings, answers and takes BYE, so that the generator does all that it does towards a trunk, and
judges nothing: any credentials will do. It is no SIP server; `reference_server` is. Runs as a process of its
own (``python -m harness.load.work.answering_side``), says its port in one line, and ends with its standard
input.
"""

import json
import re
import select
import socket
import sys

LOOPBACK = "127.0.0.1"
RECEIVE_BUFFER = 4 * 1024 * 1024  # bytes asked of the kernel
LARGEST = 65535
_HEADERS = re.compile(rb"\r\n(Via|From|To|Call-ID|CSeq|v|f|t|i)[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE)
_FULL = {b"v": b"via", b"f": b"from", b"t": b"to", b"i": b"call-id"}
_CREDENTIALS = re.compile(rb"\r\n(?:Proxy-)?Authorization[ \t]*:", re.IGNORECASE)
_CONTACT = re.compile(rb"\r\n(Contact[ \t]*:[^\r\n]*)", re.IGNORECASE)
_EXPIRES = re.compile(rb"\r\nExpires[ \t]*:[ \t]*0\r\n", re.IGNORECASE)
_CHALLENGE = b'Digest realm="answering side", nonce="6f2c1b", algorithm=MD5, qop="auth"\r\n'


class AnsweringSide:
    """Answers requests; keeps nothing of them."""

    def __init__(self, port: int) -> None:
        sdp = (
            f"v=0\r\no=- 1 1 IN IP4 {LOOPBACK}\r\ns=-\r\nc=IN IP4 {LOOPBACK}\r\nt=0 0\r\n"
            "m=audio 9 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
        ).encode()
        head = f"Contact: <sip:far-end@{LOOPBACK}:{port}>\r\nContent-Type: application/sdp\r\n"
        self._answer = head.encode() + b"Content-Length: %d\r\n\r\n" % len(sdp) + sdp
        self._ringing = f"Contact: <sip:far-end@{LOOPBACK}:{port}>\r\nContent-Length: 0\r\n\r\n".encode()

    def answers(self, data: bytes) -> list[bytes]:
        """What goes back for one packet."""
        method = data[: data.find(b" ")]
        if method in (b"ACK", b"") or data[:4] == b"SIP/":
            return []
        fields = self._copied(data)
        known = _CREDENTIALS.search(data) is not None
        match method:
            case b"INVITE" if not known:
                return [_response(b"407 Proxy Authentication Required", fields, b"Proxy-Authenticate: ")]
            case b"INVITE":
                return [
                    b"SIP/2.0 180 Ringing\r\n" + fields + self._ringing,
                    b"SIP/2.0 200 OK\r\n" + fields + self._answer,
                ]
            case b"REGISTER" if not known:
                return [_response(b"401 Unauthorized", fields, b"WWW-Authenticate: ")]
            case b"REGISTER":
                return [self._registered(data, fields)]
        return [b"SIP/2.0 200 OK\r\n" + fields + b"Content-Length: 0\r\n\r\n"]

    def _copied(self, data: bytes) -> bytes:
        """The header fields that every response repeats (RFC 3261 section 8.2.6.2), with a To tag."""
        lines = []
        for name, value in _HEADERS.findall(data):
            lowered = name.lower()
            if _FULL.get(lowered, lowered) == b"to" and b";tag=" not in value:
                value += b";tag=far"  # the tag that makes it a dialog
            lines.append(name + b": " + value)
        return b"\r\n".join(lines) + b"\r\n"

    def _registered(self, data: bytes, fields: bytes) -> bytes:
        contact = _CONTACT.search(data)
        bound = b"" if contact is None or _EXPIRES.search(data) else contact.group(1) + b";expires=300\r\n"
        return b"SIP/2.0 200 OK\r\n" + fields + bound + b"Content-Length: 0\r\n\r\n"


def _response(status: bytes, fields: bytes, challenge: bytes) -> bytes:
    return b"SIP/2.0 " + status + b"\r\n" + fields + challenge + _CHALLENGE + b"Content-Length: 0\r\n\r\n"


def serve() -> None:
    """Answers until the standard input ends."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        sock.bind((LOOPBACK, 0))
        sock.setblocking(False)
        port = sock.getsockname()[1]
        print(json.dumps({"udp": f"{LOOPBACK}:{port}"}), flush=True)
        side = AnsweringSide(port)
        while True:
            ready, _, _ = select.select([sock, sys.stdin], [], [])
            if sys.stdin in ready:
                return
            _drain(sock, side)


def _drain(sock: socket.socket, side: AnsweringSide) -> None:
    try:
        while True:
            data, source = sock.recvfrom(LARGEST)
            for answer in side.answers(data):
                sock.sendto(answer, source)
    except OSError:
        return  # nothing more for now; what was lost on the way is sent again


if __name__ == "__main__":
    serve()
