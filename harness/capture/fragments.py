"""Puts IP fragments together again (RFC 791 section 3.2, RFC 8200 section 4.5).

No timers and no limits beyond one: a capture ends, and a datagram that never became whole is simply not
there.
"""

from harness.capture.ip_packet import IpPacket

_MOST_UNFINISHED = 1024
"""Datagrams kept waiting; the oldest goes first, so that a capture of an attack does not fill the memory."""

_Key = tuple[str, str, int, int]


class FragmentAssembler:
    """Takes packets one by one and gives back those that are whole."""

    def __init__(self) -> None:
        self._waiting: dict[_Key, dict[int, bytes]] = {}
        self._lengths: dict[_Key, int] = {}

    def add(self, packet: IpPacket) -> IpPacket | None:
        """`packet` itself when it is whole, the datagram it completes, or None when more must come."""
        if packet.fragment is None:
            return packet
        identification, offset, more = packet.fragment
        key = (packet.source, packet.destination, packet.protocol, identification)
        if key not in self._waiting and len(self._waiting) >= _MOST_UNFINISHED:
            self._forget(next(iter(self._waiting)))
        parts = self._waiting.setdefault(key, {})
        parts.setdefault(offset, packet.payload)
        if not more:
            self._lengths[key] = offset + len(packet.payload)
        payload = self._whole(key)
        if payload is None:
            return None
        self._forget(key)
        return IpPacket(packet.source, packet.destination, packet.protocol, payload)

    def _whole(self, key: _Key) -> bytes | None:
        length = self._lengths.get(key)
        if length is None:
            return None
        payload = bytearray()
        for offset, part in sorted(self._waiting[key].items()):
            if offset > len(payload):
                return None
            payload[offset:] = part if offset + len(part) > len(payload) else payload[offset:]
        return bytes(payload[:length]) if len(payload) >= length else None

    def _forget(self, key: _Key) -> None:
        self._waiting.pop(key, None)
        self._lengths.pop(key, None)
