"""Valid messages made invalid: lines lost or doubled, values nobody expects, bytes changed, ends cut off.

Everything follows from the random source that is handed in, so that a seed is a test.
"""

import random
import re
from collections.abc import Callable

from harness.sip.message import Request, Response
from reference_server.inbound import Order
from tests.reference_server.raw_peer import CONTACT, IP_USERNAME, SDP, RawPeer, uri_of

NASTY: tuple[bytes, ...] = (
    *(
        b"",
        b"*",
        b",",
        b";",
        b'"',
        b"<",
        b"<>",
        b"<sip:",
        b">",
        b";;;",
        b"=",
        b"@",
        b"%00",
        b"\\",
        b"\0",
        b" ",
    ),
    *(b"\xe9", b"\xc2\xb2", b"9" * 5000, b"-1", b"0", b"4294967296", b"\r\n ", b"\r\n\r\n", b"z9hG4bK"),
    *(b"<garbage>", b"<sip:a b@c>", b"sip:@", b"sip:", b"tel:", b"<sip:%ZZ@[::1>", b"<sip:[::1]:99999>"),
    *(
        b'"open <sip:a@b>',
        b"SIP/2.0/UDP",
        b"application/sdp",
        b"multipart/mixed",
        b"multipart/mixed;boundary=x",
    ),
    *(b"100rel", b"timer", b"1 INVITE", b"1 1 INVITE", b"Digest", b"Digest a", b"<sips:a@b>", b"IN IP4 x.y"),
    *(b"c=IN IP4 ..", b"m=audio 65535 RTP/AVP 8", b"m=audio 9", b"<sip:x@10.0.0.77;transport=tcp>"),
    *(b"<sip:10.0.0.9;maddr=x y>", b"60;refresher=zzz", b"90;refresher=uac", b"rport=x;maddr=..;received="),
)
LINES = (
    *("Record-Route: <sip:10.0.0.5;lr>", "Record-Route: <sip:10.0.0.5>", "Require: 100rel", "Route: <sip:x>"),
    *("Supported: 100rel, timer", "Session-Expires: 90", "Min-SE: 90", "RAck: 1 1 INVITE", "Expires: 60"),
    *("Path: <sip:p;lr>", "Accept: application/sdp", "Content-Encoding: gzip", "Timestamp: 5", "Replaces: a"),
    *("Content-Type: application/sdp", "Event: x", "Content-Length: 3", "Contact: *", "Via: SIP/2.0/UDP x"),
)
NUMBERS = (
    *(f"+4420794602{number:02}" for number in (2, 3, 4, 6, 7, 9, 11)),
    *("+17606604690", "+442079460020", "+442079460000", "+442079460486", "+442079460101"),
)
METHODS = ("ACK", "BYE", "UPDATE", "INVITE", "PRACK", "OPTIONS", "INFO", "CANCEL", "REFER", "FROB")


def mutate(rng: random.Random, data: bytes) -> bytes:
    """One to three changes."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        data = rng.choice(CHANGES)(rng, data)
    return data


def _lose_a_line(rng: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\r\n")
    del lines[rng.randrange(len(lines))]
    return b"\r\n".join(lines)


def _repeat_a_line(rng: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\r\n")
    lines.insert(rng.randrange(len(lines)), rng.choice(lines))
    return b"\r\n".join(lines)


def _replace_a_value(rng: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\r\n")
    index = rng.randrange(len(lines))
    name, colon, _ = lines[index].partition(b":")
    lines[index] = (name + b": " if colon else b"") + rng.choice(NASTY)
    return b"\r\n".join(lines)


def _replace_some_bytes(rng: random.Random, data: bytes) -> bytes:
    start = rng.randrange(len(data) + 1)
    end = start + rng.choice((0, rng.randrange(1, 20)))
    return data[:start] + rng.choice((b"", rng.choice(NASTY))) + data[end:]


def _change_a_byte(rng: random.Random, data: bytes) -> bytes:
    index = rng.randrange(len(data) + 1)
    return data[:index] + bytes([rng.randrange(256)]) + data[index + 1 :]


def _add_a_line(rng: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\r\n")
    lines.insert(min(len(lines), rng.randrange(1, 12)), rng.choice(LINES).encode())
    return b"\r\n".join(lines)


def _cut_off_the_end(rng: random.Random, data: bytes) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


CHANGES: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    *(_lose_a_line, _repeat_a_line, _replace_a_value, _replace_a_value),
    *(_replace_some_bytes, _replace_some_bytes, _change_a_byte, _add_a_line, _cut_off_the_end),
)


class Tormentor:
    """A peer half of whose messages are broken, in all the roles a PBX has."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.peer = RawPeer()

    def torment(self) -> None:
        """Plays one scene, drawn by lot."""
        self.rng.choice((self.call, self.call, self.be_called, self.ask))()

    def call(self) -> None:
        """An INVITE and requests inside its dialog, if there is one."""
        rng, peer, uri = self.rng, self.peer, uri_of(self.rng.choice(NUMBERS))
        headers = tuple(rng.sample(LINES, rng.randrange(3)))
        body = rng.choice((SDP, SDP, ""))
        answers = self.give(peer.request("INVITE", uri, body=body, headers=headers, branch="z9hG4bKinvite"))
        tags = [re.search(r"tag=(\w+)", answer.headers.get("To") or "") for answer in answers]
        tag = next((found[1] for found in reversed(tags) if found), "none")
        rseq = next((answer.headers.get("RSeq") for answer in answers if "RSeq" in answer.headers), "1")
        for cseq in range(2, 2 + rng.randrange(5)):
            method = rng.choice(METHODS)
            number = cseq - 1 if method in ("ACK", "CANCEL") else cseq
            request = peer.request(
                method,
                uri,
                cseq=number,
                to_tag="" if method == "CANCEL" else tag,
                branch="z9hG4bKinvite" if method == "CANCEL" else None,
                headers=(f"RAck: {rseq} 1 INVITE",) if method == "PRACK" else (),
                body=rng.choice(("", SDP)),
            )
            self.answer(self.give(request))
            self.answer([message for _, message in peer.run(rng.choice((0.0, 0.1, 1.5, 5.0)))])

    def be_called(self) -> None:
        """Registrations, and responses to the call that the trunk places then."""
        rng, peer = self.rng, self.peer
        contacts = rng.choice((CONTACT, "*", "<sip:b@10.0.0.77>;q=0.4, <sip:c@10.0.0.77>"))
        for cseq, contact in ((1, CONTACT), (2, contacts)):
            self.give(peer.request("REGISTER", "sip:sip.skype.com", cseq=cseq, call_id="r", contact=contact))
        peer.trunk.place_call(Order(profile=IP_USERNAME), peer.now)
        for invite in [message for _, message in peer.run(0.0)] or []:
            for status in rng.sample((100, 180, 183, 200, 200, 404, 401, 302, 422), 3):
                self.respond(invite, status)
                peer.run(rng.choice((0.0, 0.3, 2.0)))

    def ask(self) -> None:
        """One request on its own."""
        body = self.rng.choice(("", SDP))
        self.give(self.peer.request(self.rng.choice((*METHODS, "REGISTER")), uri_of("x"), body=body))

    def answer(self, messages: list[Request | Response]) -> None:
        """Answers requests of the trunk, or does not."""
        for message in messages:
            if self.rng.random() < 0.5:
                self.respond(message, self.rng.choice((100, 200, 200, 481, 491, 422)))

    def respond(self, request: Request | Response, status: int) -> None:
        """Answers a request; does nothing for a response."""
        if not isinstance(request, Request) or request.method == "ACK":
            return
        headers = [("Contact", CONTACT), *([("Require", "100rel"), ("RSeq", "5")] if status == 183 else [])]
        body = SDP.encode() if request.method == "INVITE" and status in (183, 200) else b""
        tag = f"t{self.rng.randrange(2)}"
        self.answer(self.give(bytes(request.response(status, to_tag=tag, headers=headers, body=body))))

    def give(self, data: bytes) -> list[Request | Response]:
        """Hands a message to the trunk, broken as often as not."""
        return self.peer.give(mutate(self.rng, data) if self.rng.random() < 0.6 else data)
