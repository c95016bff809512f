"""tshark, through pyshark, reads the captures of a run as we do and finds nothing malformed in them."""

import sys
from pathlib import Path

import pytest

from harness.capture.pcap import read_pcap
from harness.capture.second_opinion import Reading, compare, own_readings, second_opinion
from harness.capture.trace import Trace, TracedPacket
from tests.interop.peer_process import Processes
from tests.interop.program import installed_program

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.interop,
    pytest.mark.xdist_group("tshark"),
    pytest.mark.usefixtures("dissector"),
]
RUN_PATIENCE = 600.0
"""Seconds that the run of all scenarios may take on a machine that is busy with other tests."""
CHANNELS = "12"
"""So that filling the profiles takes little of such a machine."""


@pytest.fixture(scope="module")
def dissector() -> str:
    """The path of tshark."""
    return installed_program("tshark")


@pytest.fixture(scope="module")
def run_folder(dissector: str, processes: Processes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `harness run` wrote. Its verdict is not judged here, 3 (inconclusive) will do too."""
    folder = tmp_path_factory.mktemp("run")
    out = folder / "out"
    command = [sys.executable, "-m", "harness.cli", "run", "--out", str(out), "--channels", CHANNELS]
    run = processes.start("harness run", command, folder)
    assert run.wait_exit(RUN_PATIENCE) in (0, 1, 3), run.output
    return out


def sip_packets(trace: Trace) -> list[TracedPacket]:
    """The SIP/2.0 messages; one scenario sends SIP/3.0, which tshark does not take for SIP."""
    return [
        traced
        for traced in trace
        if traced.kind == "sip" and b"SIP/2.0" in traced.packet.data.splitlines()[0]
    ]


def sip_ports(trace: Trace) -> set[int]:
    """All ports at which SIP came or went; tshark is told to read SIP there."""
    packets = [traced.packet for traced in sip_packets(trace)]
    return {packet.source.port for packet in packets} | {packet.destination.port for packet in packets}


def assert_same_reading(path: Path) -> list[Reading]:
    """No malformed packet; method, status, Call-ID and CSeq as we read them. Returns the readings."""
    trace = read_pcap(path)
    ours = own_readings(traced.packet.data for traced in sip_packets(trace))
    theirs = second_opinion(path, sip_ports(trace))
    differences = compare(theirs, ours)
    assert not differences, "\n".join(f"{path.name} frame {one.frame}: {one.what}" for one in differences)
    return ours


def test_tshark_reads_the_capture_of_the_whole_run_as_we_do(run_folder: Path) -> None:
    """More than a thousand messages over UDP and TCP."""
    ours = assert_same_reading(run_folder / "trace.pcap")
    assert {"REGISTER", "INVITE", "ACK", "CANCEL", "BYE", "OPTIONS"} <= {one.method for one in ours}
    assert {100, 180, 200, 401, 407, 487} <= {one.status for one in ours}
    transports = {traced.packet.source.transport for traced in read_pcap(run_folder / "trace.pcap")}
    assert {"udp", "tcp"} <= transports


@pytest.mark.parametrize("topic", ["registration", "cancel", "capability", "inbound", "liveness"])
def test_tshark_reads_the_capture_of_a_scenario_as_we_do(run_folder: Path, topic: str) -> None:
    """One of each topic; all are written in the same way."""
    captures = sorted((run_folder / "pcap").glob(f"{topic}.*.pcap"))
    assert assert_same_reading(captures[0])


def test_every_packet_of_a_scenario_is_in_the_capture_of_the_run(run_folder: Path) -> None:
    """So what tshark says of the run holds for each scenario."""
    run = {(packet.source, packet.data) for _, _, packet, _, _ in read_pcap(run_folder / "trace.pcap")}
    captures = list((run_folder / "pcap").glob("*.pcap"))
    assert len(captures) > 100
    for capture in captures:
        scenario = {(packet.source, packet.data) for _, _, packet, _, _ in read_pcap(capture)}
        assert scenario <= run, capture.name


def test_a_call_id_that_is_changed_in_the_file_is_noticed(run_folder: Path, tmp_path: Path) -> None:
    """The comparison can fail."""
    capture = sorted((run_folder / "pcap").glob("cancel.*.pcap"))[0]
    trace = read_pcap(capture)
    ours = own_readings(traced.packet.data for traced in sip_packets(trace))
    call_id = ours[0].call_id
    assert call_id
    changed = tmp_path / "changed.pcap"
    changed.write_bytes(capture.read_bytes().replace(call_id.encode(), call_id.swapcase().encode()))
    assert len(compare(second_opinion(changed, sip_ports(trace)), ours)) >= len(ours) - 1
