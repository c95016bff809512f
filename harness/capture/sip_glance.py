"""What a packet is at a glance: SIP or RTP, its Call-ID, its start line, the media addresses in its body.

Reads a few bytes with one pattern each and never raises, because a trace also holds what no parser accepts.
It is no parser: whoever judges a message uses `harness.sip.message`.
"""

import re

_REQUEST_LINE = re.compile(
    rb"[A-Za-z0-9.!%*_+`'~-]{1,64}[ \t]+\S.*?[ \t]SIP/\d+\.\d+[ \t]*\r?$", re.MULTILINE
)
_CALL_ID = re.compile(rb"^(?:call-id|i)[ \t]*:\s*([^\r\n]*?)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_CONNECTION = re.compile(rb"^c=IN IP[46] ([^\s/]+)", re.MULTILINE)
_MEDIA = re.compile(rb"^m=\S+ (\d{1,5})(?:/\d+)? ", re.MULTILINE)
_PAYLOAD_NAME = re.compile(rb"^a=rtpmap:(\d{1,3}) ([^/\s]+)", re.MULTILINE)

RTP_HEADER = 12  # bytes, RFC 3550 section 5.1
FIRST_RTCP_TYPE, LAST_RTCP_TYPE = 192, 223  # RFC 5761 section 4: the second byte of RTCP on a shared port


def looks_like_sip(data: bytes) -> bool:
    """Whether the first line is a SIP status line or request line (RFC 3261 sections 7.1 and 7.2)."""
    head = data.lstrip(b"\r\n")
    if head.startswith(b"SIP/"):
        return True
    first_line = head[: head.find(b"\n") + 1]
    return _REQUEST_LINE.match(first_line) is not None


def looks_like_rtp(data: bytes) -> bool:
    """Whether `data` can be an RTP packet: version 2 and not RTCP (RFC 5761 section 4)."""
    if len(data) < RTP_HEADER or data[0] >> 6 != 2:
        return False
    return not FIRST_RTCP_TYPE <= data[1] <= LAST_RTCP_TYPE


def call_id_of(data: bytes) -> str | None:
    """The Call-ID of a message, or None when it has none."""
    found = _CALL_ID.search(head_of(data))
    return found[1].decode("utf-8", "surrogateescape") if found else None


def start_line_of(data: bytes) -> str:
    """The first line that is not empty, as text; bytes that are no UTF-8 show as escapes."""
    return data.lstrip(b"\r\n").split(b"\n", 1)[0].rstrip(b"\r").decode("utf-8", "backslashreplace")


def head_of(data: bytes) -> bytes:
    """Start line and headers, without the empty line that ends them."""
    end = data.find(b"\r\n\r\n")
    return data if end < 0 else data[: end + 2]


def media_addresses(data: bytes) -> list[tuple[str, int]]:
    """Host and port of every media stream that the session description in `data` announces (RFC 4566)."""
    body = data[len(head_of(data)) :]
    session, *sections = re.split(rb"^(?=m=)", body, flags=re.MULTILINE)
    session_host = _CONNECTION.search(session)
    found = []
    for section in sections:
        host, media = _CONNECTION.search(section) or session_host, _MEDIA.match(section)
        if host and media and media[1] != b"0":
            found.append((host[1].decode("ascii", "replace"), int(media[1])))
    return found


def payload_names(data: bytes) -> dict[int, str]:
    """Payload types that the session description in `data` names: ``{101: "telephone-event"}``."""
    body = data[len(head_of(data)) :]
    return {int(number): name.decode("ascii", "replace") for number, name in _PAYLOAD_NAME.findall(body)}
