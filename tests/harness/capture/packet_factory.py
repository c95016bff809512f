"""Packets for the tests of capture: SIP messages and RTP between made-up hops."""

from harness.sip.hop import Hop, Packet

PHONE = Hop("udp", "127.0.0.1", 40312)
TRUNK = Hop("udp", "127.0.0.1", 5060)
PHONE_MEDIA = Hop("udp", "127.0.0.1", 30000)
TRUNK_MEDIA = Hop("udp", "127.0.0.1", 30100)
BEGIN = 1_790_000_000.25


def session(media: Hop) -> bytes:
    """A session description that announces `media`."""
    lines = [
        "v=0",
        f"o=- 1 1 IN IP4 {media.host}",
        "s=-",
        f"c=IN IP4 {media.host}",
        "t=0 0",
        f"m=audio {media.port} RTP/AVP 8 101",
        "a=rtpmap:8 PCMA/8000",
        "a=rtpmap:101 telephone-event/8000",
    ]
    return "".join(f"{line}\r\n" for line in lines).encode()


def sip_message(
    start_line: str, *, call_id: str = "one@phone", cseq: str = "1 INVITE", body: bytes = b""
) -> bytes:
    """A message that every parser accepts."""
    lines = [
        start_line,
        "Via: SIP/2.0/UDP 127.0.0.1:40312;branch=z9hG4bK7d2a91c0;rport",
        "Max-Forwards: 70",
        "From: <sip:99051000000231@sip.skype.com>;tag=5f1c9a",
        "To: <sip:+442079460000@sip.skype.com>",
        f"Call-ID: {call_id}",
        f"CSeq: {cseq}",
        "Contact: <sip:99051000000231@127.0.0.1:40312>",
        *(["Content-Type: application/sdp"] if body else []),
        f"Content-Length: {len(body)}",
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + body


def rtp_packet(sequence: int, payload_type: int = 8) -> bytes:
    """20 ms of silence."""
    head = bytes([0x80, payload_type]) + sequence.to_bytes(2, "big") + (sequence * 160).to_bytes(4, "big")
    return head + b"\x12\x34\x56\x78" + b"\xd5" * 160


INVITE = sip_message("INVITE sip:+442079460000@sip.skype.com SIP/2.0", body=session(PHONE_MEDIA))
TRYING = sip_message("SIP/2.0 100 Trying")
OK = sip_message("SIP/2.0 200 OK", body=session(TRUNK_MEDIA))
ACK = sip_message("ACK sip:+442079460000@127.0.0.1:5060 SIP/2.0", cseq="1 ACK")
BYE = sip_message("BYE sip:+442079460000@127.0.0.1:5060 SIP/2.0", cseq="2 BYE")
BYE_OK = sip_message("SIP/2.0 200 OK", cseq="2 BYE")


def sent(data: bytes, source: Hop = PHONE, destination: Hop = TRUNK) -> Packet:
    """`data` from the phone to the trunk, unless said otherwise."""
    return Packet(data, source, destination)


def received(data: bytes) -> Packet:
    """`data` from the trunk to the phone."""
    return Packet(data, TRUNK, PHONE)
