"""Packets for mutators: a call's messages from one address to another."""

from harness.sip.hop import Hop, Packet

CALLER, CALLEE = Hop("udp", "10.0.0.1", 5060), Hop("udp", "10.0.0.2", 5060)


def packet(data: bytes) -> Packet:
    """It leaves the caller for the callee."""
    return Packet(data, CALLER, CALLEE)


def request(method: str, branch: str = "z9hG4bK1", body: bytes = b"") -> bytes:
    """A request of the call."""
    return _message(f"{method} sip:bob@10.0.0.2 SIP/2.0", method, branch, body)


def response(status: int, method: str = "INVITE", body: bytes = b"") -> bytes:
    """A response of the callee."""
    return _message(f"SIP/2.0 {status} Anything", method, "z9hG4bK1", body)


def _message(start: str, method: str, branch: str, body: bytes) -> bytes:
    lines = [
        start,
        f"Via: SIP/2.0/UDP 10.0.0.1;branch={branch}",
        "From: <sip:ann@10.0.0.1>;tag=a",
        "To: <sip:bob@10.0.0.2>;tag=b",
        "Call-ID: 1",
        f"CSeq: 1 {'INVITE' if method == 'ACK' else method}",
        "Contact: <sip:ann@10.0.0.1>",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body
