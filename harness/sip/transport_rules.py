"""What the transport rules of SIP say about the top Via: RFC 3261 section 18 and RFC 3581 (rport).

Works on header text, because it runs for each packet; `via.Via` is the full reading of the same value.
No sockets: the answer is always a `hop.Hop`, which a driver knows how to reach.
"""

from functools import lru_cache
from ipaddress import ip_address
from typing import NamedTuple

from harness.sip.errors import ParseError
from harness.sip.grammar import split_list, split_outside_quotes
from harness.sip.hop import Hop, Packet
from harness.sip.message import Message, Request
from harness.sip.via import Via

DEFAULT_PORTS = {"udp": 5060, "tcp": 5060, "tls": 5061}
"""RFC 3261 section 19.1.2."""


@lru_cache(maxsize=1024)
def is_numeric(host: str) -> bool:
    """Tell whether a host is an IP literal (without brackets)."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def bracketed(host: str) -> str:
    """Return the host as it stands in a Via or URI: IPv6 addresses in brackets."""
    return f"[{host}]" if ":" in host else host


def client_via(source: Hop, branch: str) -> str:
    """Return the Via of a request sent from ``source``, with rport asked for (RFC 3581 section 3)."""
    host = bracketed(source.host)
    return f"SIP/2.0/{source.transport.upper()} {host}:{source.port};branch={branch};rport"


def via_prefix(via: str) -> str:
    """Return a Via up to and with the semicolon of its first parameter."""
    return via.partition(";")[0] + ";"


def is_own_via(response: Message, prefix: str) -> bool:
    """Tell whether the top Via of a response is ours, our own being ``prefix`` (RFC 3261 section 18.1.2).

    Raises ParseError when the Via cannot be read.
    """
    line = response.headers.get("Via")
    if line is not None and line.startswith(prefix):
        return True
    ours = Via.parse(prefix + "branch=x")
    via = response.via
    return via.host.lower() == ours.host.lower() and via.port == ours.port


def top_via(message: Message) -> str:
    """Return the text of the first Via value. Raises ParseError when there is none."""
    line = message.headers.get("Via")
    if not line:
        raise ParseError("via.missing", 0, "", "a Via header field", "Via")
    if "," in line:
        values = split_list(line)
        if not values:
            raise ParseError("via.missing", 0, line, "a Via value", "Via")
        line = values[0]
    return line


class Way(NamedTuple):
    """What the top Via of a received request says, together with where the request really came from."""

    branch: str
    """Empty when the sender is one of RFC 2543."""
    sent_by: str
    """``host`` or ``host:port`` in lower case."""
    stamped: str | None
    """The Via with received and rport filled in; None when there is nothing to note."""
    back: Hop
    """Where responses go."""


def receive_via(request: Request, packet: Packet) -> Hop:
    """Note in the top Via where the request really came from, and return where its responses go.

    Doing it twice changes nothing. Raises ParseError when the Via cannot be read.
    """
    way = read_way(request, packet)
    if way.stamped is not None:
        request.headers.set_first("Via", way.stamped)
    return way.back


def read_way(request: Request, packet: Packet) -> Way:
    """Read the top Via as the server transport does, without changing it.

    ``received`` is added when sent-by names another host, and always together with ``rport``, which is
    filled in where it was asked for (RFC 3261 section 18.2.1, RFC 3581 section 4). The way back is that of
    RFC 3261 section 18.2.2: the same connection, else maddr, else the source port if rport was asked for,
    else the sent-by port. Raises ParseError when the Via cannot be read.
    """
    via = top_via(request)
    source = packet.source
    pieces = via.split(";") if '"' not in via else split_outside_quotes(via, ";")
    address, host, port = read_sent_by(pieces[0])
    branch = maddr = ""
    has_rport = False
    kept = [pieces[0]]
    for piece in pieces[1:]:
        name, _, value = piece.partition("=")
        name = name.strip().lower()
        if name == "rport":
            has_rport = True
            piece = f"rport={source.port}"
        elif name == "branch":
            branch = value.strip()
        elif name == "maddr":
            maddr = value.strip().strip("[]")
        elif name == "received":
            continue
        kept.append(piece)
    if has_rport or host != source.host.lower():
        kept.append(f"received={source.host}")
    stamped = ";".join(kept)
    return Way(
        branch, address, stamped if stamped != via else None, _way_back(source, maddr, has_rport, port)
    )


def _way_back(source: Hop, maddr: str, has_rport: bool, port: int) -> Hop:
    if source.transport != "udp":
        return source
    if maddr and is_numeric(maddr):  # a name is not looked up for a response
        return Hop("udp", maddr, port)
    return source if has_rport else Hop("udp", source.host, port)


@lru_cache(maxsize=4096)
def read_sent_by(head: str) -> tuple[str, str, int]:
    """Read a Via up to its parameters: sent-by in lower case, host without brackets, port (or 5060).

    Raises ParseError.
    """
    text = head.rstrip().partition(" ")[2]
    if not text or " " in text or "\t" in text:
        # the grammar allows white space nearly everywhere: "SIP / 2.0 / UDP host : 5060"
        try:
            parsed = Via.parse(head)
        except ParseError as failure:
            raise failure.moved(0, "Via") from None
        text = bracketed(parsed.host) if parsed.port is None else f"{bracketed(parsed.host)}:{parsed.port}"
    text = text.lower()
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        digits = rest[1:] if rest.startswith(":") else ""
    else:
        host, _, digits = text.partition(":")
    if not digits:
        return text, host, DEFAULT_PORTS["udp"]
    if not (digits.isascii() and digits.isdigit() and len(digits) < 6 and 0 < int(digits) < 65536):
        raise ParseError("via.port", 0, digits, "a port from 1 to 65535", "Via")
    return text, host, int(digits)


def miscellaneous_warning(local: Hop, seen: str, expected: str) -> tuple[str, str]:
    """A Warning of code 399 in the name of our address (RFC 3261 section 20.43); no quotes in the words."""
    return ("Warning", f'399 {bracketed(local.host)}:{local.port} "seen {seen}; expected {expected}"')
