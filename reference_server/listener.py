"""Where the trunk listens, as settings write it: `udp:127.0.0.1:5060`, `tls:[::1]:5061`.

Opening the sockets is the work of `harness.drivers`.
"""

from harness.sip.hop import Hop

TRANSPORTS = ("udp", "tcp", "tls")


def parse_address(text: str) -> tuple[str, int]:
    """`HOST:PORT` with an IPv6 host in brackets. Raises `ValueError` that says what to write."""
    host, colon, port = text.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    if not colon or not host or not port.isdigit() or int(port) > 65535 or (":" in host and not bracketed):
        raise ValueError("an address is HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080")
    return (host[1:-1] if bracketed else host), int(port)


def parse_listener(text: str) -> Hop:
    """`TRANSPORT:HOST:PORT`. Raises `ValueError` that says what to write."""
    transport, _, address = text.partition(":")
    if transport not in TRANSPORTS:
        raise ValueError("a listener is udp:HOST:PORT, tcp:HOST:PORT or tls:HOST:PORT")
    host, port = parse_address(address)
    if host in ("0.0.0.0", "::"):
        raise ValueError("a listener needs an address that PBXs can reach, for Contact and SDP name it")
    return Hop(transport, host, port)


def address_text(hop: Hop) -> str:
    """`HOST:PORT` of a hop, IPv6 in brackets."""
    host = f"[{hop.host}]" if ":" in hop.host else hop.host
    return f"{host}:{hop.port}"
