"""The requests of outgoing calls as templates: made once for a number, filled in for each call.

Every template is ``bytes`` for the ``%`` operator. What is filled in is the call's serial (it stands in
branch, From tag and Call-ID), the step (the last letter of the branch, which tells the requests of a call
apart), and what the far end said. When which request is sent is `outgoing_call`'s business.
"""

from harness.sip.hop import Hop
from harness.sip.transport_rules import bracketed
from harness.sip.via import MAGIC_COOKIE

ALLOW = b"Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE\r\n"
USER_AGENT = b"User-Agent: sip-harness load\r\n"
SDP_HEADERS = b"Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%b"
NO_BODY = b"Content-Length: 0\r\n\r\n"
DISCARD_PORT = 9
"""Where calls without audio say that they listen: nobody does (RFC 863)."""


class Wording:
    """What all messages of one line have in common."""

    __slots__ = ("call_id", "contact", "domain", "from_", "host", "local", "mark", "silent", "user", "via")

    def __init__(self, *, user: str, domain: str, local: Hop, run: str, mark: str = "") -> None:
        """``run`` are a few letters and digits that no other engine uses: they begin each branch.

        ``mark`` is a parameter for our Contact, as ``;line=2``, that tells several lines of one user apart.
        """
        host = bracketed(local.host)
        self.user = user.encode()
        self.domain = domain.encode()
        self.host = host.encode("ascii")
        self.local = f"{host}:{local.port}".encode("ascii")
        self.via = b"SIP/2.0/UDP %b;branch=%b%b" % (self.local, MAGIC_COOKIE.encode("ascii"), run.encode())
        self.call_id = b"%b@%b" % (run.encode(), self.host)
        """What follows the serial in a Call-ID."""
        self.from_ = b"<sip:%b@%b>;tag=" % (self.user, self.domain)
        self.mark = mark.encode("ascii")
        self.contact = b"<sip:%b@%b%b>" % (self.user, self.local, self.mark)
        self.silent = self.content(self.sdp(DISCARD_PORT, direction=b"inactive"))
        """The offer of a call without audio, with its header fields: neither side sends RTP (RFC 3264)."""

    def request_uri(self, number: str) -> bytes:
        """Where a call to a number, a user part or a whole URI goes."""
        if number[:4].lower() == "sip:" or number[:5].lower() == "sips:":
            return number.encode()
        at = b"" if "@" in number else b"@" + self.domain
        return b"sip:%b%b" % (number.encode(), at)

    def sdp(self, port: int, serial: int = 1, direction: bytes = b"sendrecv") -> bytes:
        """Our session description: G.711 of both laws and telephone-event at an RTP port."""
        family = b"IP6" if self.host.startswith(b"[") else b"IP4"
        address = self.host.strip(b"[]")
        return (
            b"v=0\r\no=- %d 1 IN %b %b\r\ns=-\r\nc=IN %b %b\r\nt=0 0\r\n"
            % (serial, family, address, family, address)
            + b"m=audio %d RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n" % port
            + b"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=%b\r\n" % direction
        )

    @staticmethod
    def content(body: bytes) -> bytes:
        """A session description behind its header fields and the empty line."""
        return SDP_HEADERS % (len(body), body)


class CallMessages:
    """The requests of calls from one line to one number."""

    __slots__ = ("ack", "ack_refusal", "bye", "cancel", "invite", "request_uri")

    def __init__(self, wording: Wording, request_uri: bytes) -> None:
        uri, to = _plain(request_uri), _plain(b"<%b>" % request_uri)
        self.request_uri = request_uri
        own = b"Via: %b%%b%%b;rport\r\nMax-Forwards: 70\r\n" % _plain(wording.via)
        caller = b"From: %b%%b\r\n" % _plain(wording.from_)
        call_id = b"Call-ID: %%b%b\r\n" % _plain(wording.call_id)
        end = USER_AGENT + NO_BODY
        self.invite = (
            (b"INVITE %b SIP/2.0\r\n" % uri)
            + own
            + caller
            + (b"To: %b\r\n" % to)
            + call_id
            + b"CSeq: %b INVITE\r\n"
            + (b"Contact: %b\r\n" % _plain(wording.contact))
            + ALLOW
            + USER_AGENT
            + b"%b%b"
        )
        """Gaps: serial, step, serial, serial, CSeq number, credentials, content."""
        self.ack_refusal = (
            (b"ACK %b SIP/2.0\r\n" % uri) + own + caller + b"To: %b\r\n" + call_id + b"CSeq: %b ACK\r\n" + end
        )
        """The ACK to a 3xx-6xx, RFC 3261 section 17.1.1.3. Gaps: serial, step, serial, To, serial, number."""
        self.cancel = (
            (b"CANCEL %b SIP/2.0\r\n" % uri)
            + own
            + caller
            + (b"To: %b\r\n" % to)
            + call_id
            + b"CSeq: %b CANCEL\r\n"
            + end
        )
        """RFC 3261 section 9.1. Gaps: serial, step, serial, serial, number."""
        inside = b" %b SIP/2.0\r\n" + own + b"%b" + caller + b"To: %b\r\n" + call_id
        self.ack = b"ACK" + inside + b"CSeq: %b ACK\r\n%b" + end
        """The ACK to a 2xx. Gaps: Request-URI, serial, step, Route lines, serial, To, serial, number,
        credentials."""
        self.bye = b"BYE" + inside + b"CSeq: %b BYE\r\n%b" + end
        """Gaps as in `ack`."""


def _plain(text: bytes) -> bytes:
    """Text that goes into a template: its percent signs stand for themselves."""
    return text.replace(b"%", b"%%")
