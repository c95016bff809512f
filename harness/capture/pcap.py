"""Capture files: a trace written as pcap, and a trace read from pcap or pcapng.

The only module that imports scapy, and only its raw readers and writer, when a file is really read or
written: they take no root and dissect nothing. Packets are built and taken apart by `ip_packet`; what they
mean is for others to judge.
"""

import gzip
from collections.abc import Iterable, Iterator
from logging import ERROR
from pathlib import Path
from typing import Any, NamedTuple

from harness.capture.fragments import FragmentAssembler
from harness.capture.ip_packet import (
    TCP,
    UDP,
    IpPacket,
    build_ip,
    build_udp,
    packed_address,
    parse_ip,
    parse_tcp,
    parse_udp,
)
from harness.capture.link_layer import KNOWN, RAW, ip_bytes
from harness.capture.sip_glance import looks_like_rtp, looks_like_sip
from harness.capture.sip_stream import CapturedSipStream
from harness.capture.tcp_stream import SegmentAssembler, TcpFlow
from harness.capture.trace import Kind, Trace, TracedPacket
from harness.sip.hop import Hop, Packet

_WANTED = "name a capture as Wireshark, dumpcap or tcpdump writes it"
_FIRST_MEDIA_PORT = 1024  # RTP is not sent to system ports, but DNS may look like it


class CaptureError(Exception):
    """A capture file that cannot be read or written; has its `path` and the `reason`."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


def write_pcap(packets: Trace | Iterable[TracedPacket], path: Path) -> dict[int, int]:
    """Write `packets` to `path` as pcap of raw IP packets with microsecond stamps.

    UDP datagrams stand as they were; what travelled over TCP or TLS stands in segments of a made-up
    connection, in clear. Returns the frame number, from 1, that completes each packet number.
    Raises CaptureError.
    """
    from scapy.utils import RawPcapWriter  # slow to import: only when a file is written

    path.parent.mkdir(parents=True, exist_ok=True)
    frames: dict[int, int] = {}
    written = 0
    numbers = _Wire()
    try:
        with RawPcapWriter(str(path), linktype=RAW, endianness="<") as writer:
            writer.write_header(None)
            for traced in packets:
                seconds, microseconds = divmod(round(traced.time * 1_000_000), 1_000_000)
                for ip_packet in numbers.ip_packets(traced.packet):
                    writer.write_packet(ip_packet, sec=seconds, usec=microseconds)
                    written += 1
                frames[traced.number] = written
    except OSError as error:
        raise CaptureError(path, f"cannot be written: {error.strerror}") from error
    return frames


class _Wire:
    """Turns packets into IP packets and remembers the connections that are open."""

    def __init__(self) -> None:
        self._flows: dict[frozenset[Hop], TcpFlow] = {}
        self._addresses: dict[str, str] = {}
        self._identification = 0

    def ip_packets(self, packet: Packet) -> Iterator[bytes]:
        source, destination = self._numeric(packet.source), self._numeric(packet.destination)
        if source.transport == "udp":
            self._identification += 1
            datagram = build_udp(source.port, destination.port, packet.data)
            yield build_ip(source.host, destination.host, UDP, datagram, self._identification)
            return
        ends = frozenset((source, destination))
        if ends not in self._flows:
            self._flows[ends] = TcpFlow(client=source, server=destination)
            yield from self._flows[ends].handshake()
        yield from self._flows[ends].data(source, packet.data)

    def _numeric(self, hop: Hop) -> Hop:
        """`hop` with an address for its host: names get one of those kept for documentation (RFC 5737)."""
        try:
            packed_address(hop.host)
        except ValueError:
            address = self._addresses.setdefault(hop.host, f"198.51.100.{len(self._addresses) % 254 + 1}")
            return hop._replace(host=address)
        return hop


def read_pcap(path: Path) -> Trace:
    """The trace in the pcap or pcapng file at `path`.

    IP fragments and TCP streams are put together; frames without UDP or TCP are left out.
    Raises CaptureError.
    """
    trace = Trace()
    reassembly = _Reassembly()
    for frame in _frames(path):
        data = ip_bytes(frame.data, frame.link_type)
        packet = parse_ip(data) if data else None
        if packet is None:
            continue
        for read, kind in reassembly.add(packet):
            trace.append(frame.time, read, kind, frame.number)
    return trace


class _Frame(NamedTuple):
    number: int
    time: float
    data: bytes
    link_type: int


def _frames(path: Path) -> Iterator[_Frame]:
    from scapy.error import Scapy_Exception, log_runtime  # slow to import: only when a file is read
    from scapy.utils import RawPcapReader

    log_runtime.setLevel(ERROR)  # what is wrong with a file is said here or by `cut_off`, once
    try:
        with _opened(path) as file, RawPcapReader(file) as reader:
            for number, (data, metadata) in enumerate(reader, 1):
                if len(data) < (getattr(metadata, "caplen", None) or 0):
                    break  # the file ends within this frame
                link_type = getattr(metadata, "linktype", None)
                link_type = reader.linktype if link_type is None else link_type
                if link_type not in KNOWN:
                    known = "Ethernet, cooked, raw and loopback are known"
                    reason = f"frame {number}: link type {link_type}; {known}"
                    raise CaptureError(path, reason)
                yield _Frame(number, _time(reader, metadata), data, link_type)
    except (Scapy_Exception, EOFError) as error:
        raise CaptureError(path, f"not a pcap or pcapng file: {_beginning(path)}; {_WANTED}") from error
    except OSError as error:
        raise CaptureError(path, f"cannot be read: {error.strerror or error}") from error


def _beginning(path: Path) -> str:
    """What stands where a capture would begin."""
    with path.open("rb") as file:
        start = file.read(8)
    return f"it begins with {start!r}" if start else "it is empty"


def _opened(path: Path) -> Any:
    """The file, unpacked when gzipped. Opened here because scapy never closes one that is no capture."""
    file = path.open("rb")
    packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    if not packed:
        return file
    file.close()
    return gzip.open(path)


def _time(reader: Any, metadata: Any) -> float:
    """Seconds since the epoch, from either format's stamp."""
    if hasattr(metadata, "tsresol"):
        ticks = ((metadata.tshigh or 0) << 32) + (metadata.tslow or 0)
        return float(ticks / (metadata.tsresol or 1_000_000))
    fraction = 1e-9 if reader.nano else 1e-6
    return float(metadata.sec + metadata.usec * fraction)


class _Reassembly:
    """From IP packets to packets between hops."""

    def __init__(self) -> None:
        self._fragments = FragmentAssembler()
        self._streams: dict[tuple[Hop, Hop], tuple[SegmentAssembler, CapturedSipStream]] = {}

    def add(self, packet: IpPacket) -> Iterator[tuple[Packet, Kind]]:
        whole = self._fragments.add(packet)
        if whole is None:
            return
        if whole.protocol == UDP:
            yield from self._add_udp(whole)
        elif whole.protocol == TCP:
            yield from self._add_tcp(whole)

    def _add_udp(self, packet: IpPacket) -> Iterator[tuple[Packet, Kind]]:
        datagram = parse_udp(packet.payload)
        if datagram is None:
            return
        source = Hop("udp", packet.source, datagram.source_port)
        destination = Hop("udp", packet.destination, datagram.destination_port)
        kind: Kind = "other"
        if looks_like_sip(datagram.data):
            kind = "sip"
        elif min(source.port, destination.port) >= _FIRST_MEDIA_PORT and looks_like_rtp(datagram.data):
            kind = "rtp"
        yield Packet(datagram.data, source, destination), kind

    def _add_tcp(self, packet: IpPacket) -> Iterator[tuple[Packet, Kind]]:
        segment = parse_tcp(packet.payload)
        if segment is None:
            return
        source = Hop("tcp", packet.source, segment.source_port)
        destination = Hop("tcp", packet.destination, segment.destination_port)
        ends = (source, destination)
        if ends not in self._streams:
            self._streams[ends] = (SegmentAssembler(), CapturedSipStream())
        assembler, stream = self._streams[ends]
        data, hole = assembler.add(segment)
        for read, kind in stream.feed(data, hole=hole):
            yield Packet(read, source, destination), kind
