"""Capture files, written and read."""

import gzip
import struct
from collections import Counter
from pathlib import Path

import pytest

from harness.capture.pcap import CaptureError, read_pcap, write_pcap
from harness.capture.trace import Trace
from harness.sip.hop import Hop
from tests.harness.capture.packet_factory import (
    BEGIN,
    BYE,
    INVITE,
    OK,
    PHONE_MEDIA,
    TRUNK_MEDIA,
    received,
    rtp_packet,
    sent,
    sip_message,
)

CAPTURES = Path(__file__).parents[2] / "data" / "captures"

COUNTS = {
    "ast_f_badpw": (25, 0, {"udp"}),
    "ast_ok_fragmented": (43, 592, {"udp"}),
    "ast_ok_tcp": (67, 885, {"udp", "tcp"}),
    "bare_ok_hold": (24, 336, {"udp"}),
    "kam_ok": (76, 1246, {"udp"}),
    "yate_ok": (85, 1237, {"udp"}),
}
"""SIP messages, RTP packets and transports of each capture, as tshark counts them."""


@pytest.mark.parametrize("name", COUNTS)
def test_captures_of_real_pbxs_are_read_whole(name: str) -> None:
    trace = read_pcap(CAPTURES / f"{name}.pcap")
    kinds = Counter(traced.kind for traced in trace)
    transports = {traced.packet.source.transport for traced in trace}
    assert (kinds["sip"], kinds["rtp"], transports) == COUNTS[name]


def mixed_trace(transport: str, host: str) -> Trace:
    phone, trunk = Hop(transport, host, 40000), Hop(transport, host, 5060)
    big = sip_message("MESSAGE sip:x SIP/2.0", body=b"v=0\r\n" + b"x" * 5000)
    trace = Trace()
    trace.append(BEGIN, sent(INVITE, phone, trunk), "sip")
    trace.append(BEGIN + 0.000001, sent(OK, trunk, phone), "sip")
    trace.append(BEGIN + 0.5, sent(rtp_packet(1), PHONE_MEDIA, TRUNK_MEDIA), "rtp")
    trace.append(BEGIN + 0.6, sent(big, phone, trunk), "sip")
    trace.append(BEGIN + 1.999999, sent(BYE, trunk, phone), "sip")
    return trace


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_what_is_written_is_read_again(tmp_path: Path, transport: str, host: str) -> None:
    trace = mixed_trace(transport, host)
    write_pcap(trace, tmp_path / "deep" / "trace.pcap")
    again = read_pcap(tmp_path / "deep" / "trace.pcap")
    assert [traced.packet for traced in again] == [traced.packet for traced in trace]
    assert [traced.kind for traced in again] == [traced.kind for traced in trace]
    assert [traced.time for traced in again] == pytest.approx([traced.time for traced in trace], abs=1e-6)


def test_tls_is_written_in_clear_as_tcp(tmp_path: Path) -> None:
    write_pcap(mixed_trace("tls", "127.0.0.1"), tmp_path / "trace.pcap")
    again = read_pcap(tmp_path / "trace.pcap")
    assert [traced.packet.data for traced in again] == [
        traced.packet.data for traced in mixed_trace("tls", "127.0.0.1")
    ]


def test_writing_tells_which_frame_completes_each_packet(tmp_path: Path) -> None:
    assert write_pcap(mixed_trace("udp", "127.0.0.1"), tmp_path / "a.pcap") == {1: 1, 2: 2, 3: 3, 4: 4, 5: 5}
    assert write_pcap(mixed_trace("tcp", "127.0.0.1"), tmp_path / "b.pcap") == {
        1: 4,
        2: 5,
        3: 6,
        4: 10,
        5: 11,
    }
    assert [traced.frame for traced in read_pcap(tmp_path / "b.pcap")] == [4, 5, 6, 10, 11]


def test_hosts_that_are_names_get_documentation_addresses(tmp_path: Path) -> None:
    """RFC 5737."""
    trace = Trace()
    trace.append(BEGIN, sent(INVITE, Hop("udp", "phone", 5060), Hop("udp", "trunk", 5060)), "sip")
    write_pcap(trace, tmp_path / "trace.pcap")
    (again,) = read_pcap(tmp_path / "trace.pcap")
    assert (again.packet.source.host, again.packet.destination.host) == ("198.51.100.1", "198.51.100.2")


def test_an_empty_trace_makes_an_empty_file(tmp_path: Path) -> None:
    write_pcap(Trace(), tmp_path / "trace.pcap")
    assert len(read_pcap(tmp_path / "trace.pcap")) == 0


def block(kind: int, content: bytes) -> bytes:
    length = (12 + len(content)).to_bytes(4, "little")
    return kind.to_bytes(4, "little") + length + content + length


def pcapng(frames: list[tuple[int, bytes]]) -> bytes:
    """A file of Ethernet `frames` with their time in microseconds (draft-ietf-opsawg-pcapng section 4)."""
    section = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    interface = block(1, struct.pack("<HHI", 1, 0, 0))
    packets = [
        block(6, struct.pack("<IIIII", 0, time >> 32, time & 0xFFFFFFFF, len(data), len(data)) + padded(data))
        for time, data in frames
    ]
    return section + interface + b"".join(packets)


def padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)


def test_pcapng_is_read_like_pcap(tmp_path: Path) -> None:
    from scapy.utils import RawPcapReader

    source, path = CAPTURES / "ast_f_badpw.pcap", tmp_path / "capture.pcapng"
    with RawPcapReader(str(source)) as reader:
        path.write_bytes(pcapng([(found.sec * 1_000_000 + found.usec, data) for data, found in reader]))
    old, new = read_pcap(source), read_pcap(path)
    assert [traced.packet for traced in old] == [traced.packet for traced in new]
    assert [traced.time for traced in old] == pytest.approx([traced.time for traced in new], abs=1e-5)


def test_a_gzipped_capture_is_read(tmp_path: Path) -> None:
    path = tmp_path / "capture.pcap.gz"
    path.write_bytes(gzip.compress((CAPTURES / "ast_f_badpw.pcap").read_bytes()))
    assert len(read_pcap(path)) == 25


def test_a_file_that_is_no_capture_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("this is no capture at all, only text")
    with pytest.raises(
        CaptureError, match=r"notes\.txt: not a pcap or pcapng file: it begins with b'this is '"
    ):
        read_pcap(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="cannot be read: No such file"):
        read_pcap(tmp_path / "none.pcap")


def test_an_unknown_link_type_is_named(tmp_path: Path) -> None:
    from scapy.utils import RawPcapWriter

    with RawPcapWriter(str(tmp_path / "odd.pcap"), linktype=147) as writer:
        writer.write_header(None)
        writer.write_packet(b"data", sec=1, usec=1)
    with pytest.raises(CaptureError, match="frame 1: link type 147"):
        read_pcap(tmp_path / "odd.pcap")


def test_a_file_cut_short_gives_what_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "cut.pcap"
    path.write_bytes((CAPTURES / "ast_f_badpw.pcap").read_bytes()[:-100])
    assert len(read_pcap(path)) == 24


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder.pcap").mkdir()
    with pytest.raises(CaptureError, match="cannot be written"):
        write_pcap(Trace(), tmp_path / "folder.pcap")


def test_messages_received_twice_keep_their_numbers(tmp_path: Path) -> None:
    trace = Trace()
    for _ in range(2):
        trace.append(BEGIN, received(OK), "sip")
    write_pcap(trace.since(1), tmp_path / "slice.pcap")
    assert len(read_pcap(tmp_path / "slice.pcap")) == 1
