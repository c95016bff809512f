"""Messages for the tests of checks: one INVITE over a proxy, and what comes back for it."""

from harness.sip.message import Request, Response, parse_message

INVITE = b"""INVITE sip:+442079460000@sip.skype.com SIP/2.0\r
Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKone;rport\r
Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bKtwo\r
Max-Forwards: 69\r
Record-Route: <sip:192.0.2.7;lr>\r
From: <sip:99051000000231@sip.skype.com>;tag=here\r
To: <sip:+442079460000@sip.skype.com>\r
Call-ID: a@b\r
CSeq: 7 INVITE\r
Contact: <sip:99051000000231@127.0.0.1:5070>\r
Content-Length: 0\r
\r
"""


def invite() -> Request:
    """The INVITE."""
    message = parse_message(INVITE)
    assert isinstance(message, Request)
    return message


def response(status: int = 200, *, to_tag: str | None = "there", **changed: str) -> Response:
    """A right response to it, with some header fields replaced (underscores stand for hyphens)."""
    answer = invite().response(status, to_tag=to_tag, headers=[("Contact", "<sip:127.0.0.1:5060>")])
    for name, value in changed.items():
        answer.headers.set(name.replace("_", "-"), value)
    parsed = parse_message(bytes(answer))
    assert isinstance(parsed, Response)
    return parsed
