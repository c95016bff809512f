"""trace.pcap of a certification: every packet once, and nothing lost when a run goes on."""

from pathlib import Path

from harness.capture.pcap import write_pcap
from harness.capture.trace import Trace, TracedPacket
from harness.pytest_plugin.pbx_capture import CAPTURE, RunCapture, earlier_packets
from harness.results import ScenarioResult, Verdict
from harness.sip.hop import Hop, Packet

PBX, TRUNK = Hop("udp", "127.0.0.1", 5070), Hop("udp", "127.0.0.1", 5060)


def packet(time: float, word: str = "OPTIONS") -> TracedPacket:
    data = f"{word} sip:a@b SIP/2.0\r\nCall-ID: 1\r\n\r\n".encode()
    return TracedPacket(0, time, Packet(data, PBX, TRUNK), "sip")


def result(name: str, first: int, last: int) -> ScenarioResult:
    return ScenarioResult(
        name=name,
        title="A title.",
        topic="call",
        requirements=["call.pbx-bye"],
        verdict=Verdict.PASS,
        duration_s=1.0,
        pcap=f"pcap/{name}.pcap",
        first_packet=first,
        last_packet=last,
    )


def test_a_packet_that_two_scenarios_look_at_has_one_number() -> None:
    capture = RunCapture(10)
    first = capture.take([packet(1.0), packet(2.0)])
    again = capture.take([packet(1.0), packet(2.0), packet(3.0)])
    assert [each.number for each in first] == [11, 12]
    assert [each.number for each in again] == [11, 12, 13]
    assert [each.number for each in capture.packets] == [11, 12, 13]


def test_copies_that_came_at_once_are_two_packets() -> None:
    capture = RunCapture(0)
    assert [each.number for each in capture.take([packet(1.0), packet(1.0)])] == [1, 2]


def test_the_capture_of_a_run_that_ended_in_order_is_the_first_part(tmp_path: Path) -> None:
    write_pcap(Trace([packet(1.0), packet(2.0)]), tmp_path / CAPTURE)
    assert [each.time for each in earlier_packets(tmp_path, [])] == [1.0, 2.0]


def test_of_a_run_that_was_killed_the_slices_are_put_together(tmp_path: Path) -> None:
    (tmp_path / "pcap").mkdir()
    write_pcap(Trace([packet(1.0), packet(3.0)]), tmp_path / "pcap" / "a.pcap")
    write_pcap(Trace([packet(1.0), packet(2.0)]), tmp_path / "pcap" / "b.pcap")
    found = earlier_packets(tmp_path, [result("a", 1, 2), result("b", 1, 3)])
    assert [(each.number, each.time) for each in found] == [(1, 1.0), (2, 2.0), (3, 3.0)]


def test_a_slice_that_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "pcap").mkdir()
    (tmp_path / "pcap" / "a.pcap").write_bytes(b"no capture")
    assert earlier_packets(tmp_path, [result("a", 1, 2)]) == []
