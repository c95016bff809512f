"""IPv4 and IPv6 packets with UDP or TCP inside: building them from bytes and hops, and taking them apart.

Values only: fragments are put together by `fragments`, TCP streams by `tcp_stream`, files are `pcap`'s.
Extension headers other than the fragment header are stepped over; a packet that is cut short or of another
protocol yields None, since a capture holds much that is not ours to judge.
"""

import ipaddress
import struct
from functools import lru_cache
from typing import NamedTuple

TCP, UDP = 6, 17  # IANA protocol numbers
IPV6_FRAGMENT = 44
IPV6_ADDRESS = 16  # bytes
_IPV6_EXTENSIONS = frozenset({0, 43, 60})  # hop-by-hop, routing, destination options: RFC 8200 section 4
_TTL = 64

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10


class IpPacket(NamedTuple):
    """An IP packet without its header's details."""

    source: str
    destination: str
    protocol: int
    """IANA number of what the payload is."""
    payload: bytes
    fragment: tuple[int, int, bool] | None = None
    """Identification, offset in bytes and whether more follow; None when the packet is whole."""


class UdpDatagram(NamedTuple):
    """Ports and data of a UDP datagram."""

    source_port: int
    destination_port: int
    data: bytes


class TcpSegment(NamedTuple):
    """What reassembly needs of a TCP segment."""

    source_port: int
    destination_port: int
    sequence: int
    flags: int
    data: bytes


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071): the ones' complement sum of 16-bit words, complemented."""
    if len(data) % 2:
        data += b"\0"
    total = int.from_bytes(data, "big")
    folded = total % 0xFFFF if total else 0
    if total and not folded:
        folded = 0xFFFF
    return folded ^ 0xFFFF


@lru_cache(maxsize=4096)
def packed_address(host: str) -> bytes:
    """The 4 or 16 bytes of an address. Raises ValueError for anything else."""
    return ipaddress.ip_address(host).packed


def build_ip(source: str, destination: str, protocol: int, payload: bytes, identification: int) -> bytes:
    """An IP packet around `payload`, a UDP or TCP packet whose checksum field is still zero."""
    from_address = packed_address(source)
    addresses = from_address + packed_address(destination)
    payload = _with_checksum(addresses, protocol, payload)
    if len(from_address) == IPV6_ADDRESS:
        head = struct.pack("!IHBB", 0x60000000, len(payload), protocol, _TTL)
        return head + addresses + payload
    length = 20 + len(payload)
    head = struct.pack("!BBHHHBBH", 0x45, 0, length, identification & 0xFFFF, 0x4000, _TTL, protocol, 0)
    summed = struct.pack("!H", checksum(head + addresses))
    return head[:10] + summed + addresses + payload


def build_udp(source_port: int, destination_port: int, data: bytes) -> bytes:
    """A UDP datagram with an empty checksum."""
    return struct.pack("!HHHH", source_port, destination_port, 8 + len(data), 0) + data


def build_tcp(
    source_port: int, destination_port: int, sequence: int, ack: int, flags: int, data: bytes
) -> bytes:
    """A TCP segment with an empty checksum and no options."""
    window = 0xFFFF
    head = struct.pack(
        "!HHIIBBHHH", source_port, destination_port, sequence, ack, 5 << 4, flags, window, 0, 0
    )
    return head + data


def _with_checksum(addresses: bytes, protocol: int, payload: bytes) -> bytes:
    """`payload` with the checksum over itself and the pseudo header (RFC 768, RFC 9293, RFC 8200 8.1)."""
    place = 6 if protocol == UDP else 16
    value = checksum(addresses + struct.pack("!II", len(payload), protocol) + payload)
    if protocol == UDP and value == 0:
        value = 0xFFFF  # RFC 768: zero means that no checksum was made
    return payload[:place] + struct.pack("!H", value) + payload[place + 2 :]


def parse_ip(data: bytes) -> IpPacket | None:
    """The IP packet at the start of `data`, or None when there is none."""
    if not data:
        return None
    version = data[0] >> 4
    if version == 4:
        return _parse_ipv4(data)
    return _parse_ipv6(data) if version == 6 else None


def _parse_ipv4(data: bytes) -> IpPacket | None:
    if len(data) < 20:
        return None
    header = (data[0] & 0x0F) * 4
    length, identification, flags = struct.unpack_from("!HHH", data, 2)
    if header < 20:
        return None
    payload = data[header : length or len(data)]  # a zero length is what segmentation offload leaves behind
    more, offset = bool(flags & 0x2000), (flags & 0x1FFF) * 8
    fragment = (identification, offset, more) if more or offset else None
    source, destination = str(ipaddress.IPv4Address(data[12:16])), str(ipaddress.IPv4Address(data[16:20]))
    return IpPacket(source, destination, data[9], payload, fragment)


def _parse_ipv6(data: bytes) -> IpPacket | None:
    if len(data) < 40:
        return None
    length, following = struct.unpack_from("!HB", data, 4)
    source, destination = str(ipaddress.IPv6Address(data[8:24])), str(ipaddress.IPv6Address(data[24:40]))
    payload = data[40 : 40 + length] if length else data[40:]
    while following in _IPV6_EXTENSIONS and len(payload) >= 8:
        following, payload = payload[0], payload[8 + payload[1] * 8 :]
    if following != IPV6_FRAGMENT:
        return IpPacket(source, destination, following, payload)
    if len(payload) < 8:
        return None
    following, offset_and_more, identification = struct.unpack_from("!BxHI", payload)
    fragment = (identification, offset_and_more & 0xFFF8, bool(offset_and_more & 1))
    return IpPacket(source, destination, following, payload[8:], fragment)


def parse_udp(payload: bytes) -> UdpDatagram | None:
    """The UDP datagram that `payload` is, or None when it is cut short."""
    if len(payload) < 8:
        return None
    source_port, destination_port, length = struct.unpack_from("!HHH", payload)
    end = length if 8 <= length <= len(payload) else len(payload)
    return UdpDatagram(source_port, destination_port, payload[8:end])


def parse_tcp(payload: bytes) -> TcpSegment | None:
    """The TCP segment that `payload` is, or None when it is cut short."""
    if len(payload) < 20:
        return None
    source_port, destination_port, sequence = struct.unpack_from("!HHI", payload)
    header = (payload[12] >> 4) * 4
    if not 20 <= header <= len(payload):
        return None
    return TcpSegment(source_port, destination_port, sequence, payload[13], payload[header:])
