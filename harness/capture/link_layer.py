"""What stands before the IP packet in a captured frame: Ethernet, Linux cooked, loopback, or nothing.

The numbers are those of https://www.tcpdump.org/linktypes.html. The IP packet itself is `ip_packet`'s work.
"""

NULL, ETHERNET, RAW, LOOP, LINUX_SLL, IPV4, IPV6, LINUX_SLL2 = 0, 1, 101, 108, 113, 228, 229, 276
_RAW_OF_OTHER_SYSTEMS = frozenset({12, 14})
"""DLT_RAW as BSD and Linux number it; some programs write it into files unchanged."""

_IP_ETHERTYPES = frozenset({0x0800, 0x86DD})
_VLAN_ETHERTYPES = frozenset({0x8100, 0x88A8})

KNOWN = frozenset({NULL, ETHERNET, RAW, LOOP, LINUX_SLL, IPV4, IPV6, LINUX_SLL2}) | _RAW_OF_OTHER_SYSTEMS
"""The link types that can be read."""


def ip_bytes(frame: bytes, link_type: int) -> bytes | None:
    """The bytes of the IP packet inside `frame`, or None when it holds something else."""
    if link_type == ETHERNET:
        return _behind_ethertype(frame, 12)
    if link_type == LINUX_SLL:
        return _behind_ethertype(frame, 14)
    if link_type == LINUX_SLL2:
        return frame[20:] if _number(frame, 0) in _IP_ETHERTYPES else None
    if link_type in (NULL, LOOP):
        return frame[4:]
    return frame


def _behind_ethertype(frame: bytes, place: int) -> bytes | None:
    """What follows the EtherType at `place`, VLAN tags (IEEE 802.1Q) stepped over."""
    while _number(frame, place) in _VLAN_ETHERTYPES:
        place += 4
    return frame[place + 2 :] if _number(frame, place) in _IP_ETHERTYPES else None


def _number(frame: bytes, place: int) -> int:
    return int.from_bytes(frame[place : place + 2], "big")
