"""tshark's reading beside our own."""

import shutil
from pathlib import Path

import pytest

from harness.capture.pcap import read_pcap, write_pcap
from harness.capture.second_opinion import (
    Difference,
    DissectedFrame,
    Reading,
    SecondOpinionFailed,
    compare,
    own_readings,
    second_opinion,
)
from harness.capture.trace import Trace
from harness.sip.hop import Hop
from tests.harness.capture.packet_factory import (
    ACK,
    BEGIN,
    BYE,
    BYE_OK,
    INVITE,
    OK,
    PHONE_MEDIA,
    TRUNK_MEDIA,
    TRYING,
    rtp_packet,
    sent,
)

CAPTURES = Path(__file__).parents[2] / "data" / "captures"
needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="needs the Debian package tshark")

INVITE_READING = Reading("INVITE", None, "one@phone", "1 INVITE")
OK_READING = Reading(None, 200, "one@phone", "1 INVITE")


def test_our_own_reading_has_what_is_compared() -> None:
    assert own_readings([INVITE, OK, b"\x00nonsense"]) == [INVITE_READING, OK_READING]


def test_equal_readings_differ_in_nothing() -> None:
    frames = [DissectedFrame(1, (INVITE_READING,), False), DissectedFrame(4, (OK_READING,), False)]
    assert compare(frames, [INVITE_READING, OK_READING]) == []


def test_each_kind_of_difference_is_told_with_its_frame() -> None:
    frames = [DissectedFrame(1, (OK_READING,), True), DissectedFrame(2, (OK_READING,), False)]
    told = compare(frames, [INVITE_READING])
    assert [difference.frame for difference in told] == [1, 1, 2]
    assert told[0] == Difference(1, "tshark calls it malformed")
    assert told[1].what.startswith("tshark reads Reading(method=None, status=200")
    assert told[2].what.startswith("only tshark reads")
    assert compare([], [INVITE_READING])[0].what.startswith("only we read")


def whole_call(transport: str, host: str) -> Trace:
    phone, trunk = Hop(transport, host, 40000), Hop(transport, host, 45678)
    trace = Trace()
    for number, data in enumerate((INVITE, TRYING, OK, ACK, BYE, BYE_OK)):
        ends = (trunk, phone) if data.startswith(b"SIP/") else (phone, trunk)
        trace.append(BEGIN + number * 0.1, sent(data, *ends), "sip")
    for sequence in range(5):
        trace.append(BEGIN + 2 + sequence, sent(rtp_packet(sequence), PHONE_MEDIA, TRUNK_MEDIA), "rtp")
    return trace


@pytest.mark.interop
@needs_tshark
@pytest.mark.parametrize(("transport", "host"), [("udp", "127.0.0.1"), ("tcp", "127.0.0.1"), ("tls", "::1")])
def test_tshark_finds_nothing_malformed_in_what_we_write(tmp_path: Path, transport: str, host: str) -> None:
    trace, path = whole_call(transport, host), tmp_path / "trace.pcap"
    write_pcap(trace, path)
    ours = own_readings(traced.packet.data for traced in trace if traced.kind == "sip")
    assert len(ours) == 6
    assert compare(second_opinion(path, ports=[45678]), ours) == []


@pytest.mark.interop
@needs_tshark
@pytest.mark.parametrize("name", ["ast_f_badpw", "ast_ok_tcp", "ast_ok_fragmented"])
def test_tshark_reads_real_captures_as_we_do(name: str) -> None:
    path = CAPTURES / f"{name}.pcap"
    ours = own_readings(traced.packet.data for traced in read_pcap(path) if traced.kind == "sip")
    assert compare(second_opinion(path), ours) == []


@pytest.mark.interop
@needs_tshark
def test_a_file_that_cannot_be_dissected_says_why(tmp_path: Path) -> None:
    with pytest.raises(SecondOpinionFailed, match="no such file"):
        second_opinion(tmp_path / "none.pcap")
