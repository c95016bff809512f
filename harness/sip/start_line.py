"""The first line of a message: request line or status line (RFC 3261 sections 7.1, 7.2).

Reading is lenient, `check_start_line` is not. The lines below it are `headers`.
"""

import re
from typing import NamedTuple

from harness.sip.errors import ParseError
from harness.sip.grammar import byte_length, encoded, error, is_token
from harness.sip.uri import SipUri, parse_uri

VERSION = "SIP/2.0"
PART = "start line"
IS_VERSION = re.compile(r"SIP/[0-9]+\.[0-9]+", re.IGNORECASE)
STATUS_LINE = re.compile(r"(SIP/[0-9]+\.[0-9]+)[ \t]+([0-9]{1,10})(?:[ \t](.*))?", re.IGNORECASE | re.DOTALL)


class RequestLine(NamedTuple):
    """Method, Request-URI and version, as they came."""

    method: str
    uri: str
    version: str


class StatusLine(NamedTuple):
    """Version, status code and reason phrase."""

    version: str
    status: int
    reason: str


def parse_start_line(line: str) -> RequestLine | StatusLine:
    """Read a start line, white space out of place forgiven. Raises ParseError ``start-line.*``."""
    if line[:4].upper() == "SIP/":
        status = STATUS_LINE.fullmatch(line)
        if status is None:
            raise ParseError("start-line.status", 0, encoded(line), "SIP/2.0, a status code, a reason", PART)
        return StatusLine(status[1], int(status[2]), status[3] or "")
    method, _, rest = line.strip(" \t").partition(" ")
    uri, _, version = rest.rpartition(" ")
    if not IS_VERSION.fullmatch(version) or not uri.strip(" \t"):
        raise ParseError("start-line.request", 0, encoded(line), "a method, a URI and SIP/2.0", PART)
    if not is_token(method):
        raise ParseError("start-line.method", 0, encoded(method), "a method token", PART)
    return RequestLine(method, uri.strip(" \t"), version)


def check_start_line(line: str) -> None:
    """Hold a start line that can be read against the grammar. Raises ParseError."""
    try:
        parsed = parse_start_line(line)
        if isinstance(parsed, StatusLine):
            check_status_line(line, parsed)
        else:
            check_request_line(line, parsed)
    except ParseError as failure:
        raise failure.moved(0, failure.part or PART) from None


def check_version(line: str, version: str) -> None:
    """This is SIP/2.0 and nothing else. Raises ParseError."""
    if version.upper() != VERSION:
        raise error("start-line.version", line, line.rfind(version), VERSION)


def check_status_line(line: str, parsed: StatusLine) -> None:
    """Three digits, single spaces, a status from 100 to 699. Raises ParseError."""
    check_version(line, parsed.version)
    if not 100 <= parsed.status <= 699:
        raise error("start-line.status", line, len(parsed.version) + 1, "a status code from 100 to 699")
    if not line.startswith(f"{parsed.version} {parsed.status} "):
        raise error("start-line.space", line, len(parsed.version), "single spaces around the status code")


def check_request_line(line: str, parsed: RequestLine) -> None:
    """Single spaces, a URI without white space or headers. Raises ParseError."""
    check_version(line, parsed.version)
    if " " in parsed.uri or "\t" in parsed.uri:
        raise error("request-uri.space", line, line.index(parsed.uri), "a Request-URI without white space")
    if line != " ".join(parsed):
        pairs = zip(line, " ".join(parsed), strict=False)
        place = next(
            (index for index, (seen, proper) in enumerate(pairs) if seen != proper), len(line.rstrip())
        )
        raise error("start-line.space", line, place, "single spaces between method, URI and version")
    start = len(parsed.method) + 1
    if parsed.uri.startswith("<"):
        raise error("request-uri.angle", line, start, "a Request-URI without angle brackets")
    try:
        uri = parse_uri(parsed.uri, strict=True)
    except ParseError as failure:
        raise failure.moved(byte_length(line[:start])) from None
    if isinstance(uri, SipUri) and (uri.headers or uri.params.get("method") is not None):
        # RFC 3261 section 19.1.1, table 1: neither may stand in a Request-URI
        raise error("request-uri.headers", line, start, "a Request-URI without headers or method parameter")
