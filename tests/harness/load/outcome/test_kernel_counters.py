"""The kernel's counters of UDP."""

from pathlib import Path

from harness.load.outcome.kernel_counters import receive_buffer_errors

SNMP = """Ip: Forwarding DefaultTTL
Ip: 1 64
Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors
Udp: 1500 3 12 1600 12 0 0
UdpLite: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors
UdpLite: 0 0 0 0 99 0 0
"""
SNMP6 = (
    "Udp6InDatagrams                 \t40\nUdp6RcvbufErrors                \t5\nUdpLite6RcvbufErrors \t7\n"
)


def test_both_versions_of_ip_are_added(tmp_path: Path) -> None:
    (tmp_path / "snmp").write_text(SNMP)
    (tmp_path / "snmp6").write_text(SNMP6)
    assert receive_buffer_errors(tmp_path) == 17


def test_a_machine_without_ipv6_has_those_of_ipv4(tmp_path: Path) -> None:
    (tmp_path / "snmp").write_text(SNMP)
    assert receive_buffer_errors(tmp_path) == 12


def test_a_machine_without_such_counters_has_none(tmp_path: Path) -> None:
    assert receive_buffer_errors(tmp_path) is None
    (tmp_path / "snmp").write_text("Udp: InDatagrams\nUdp: 5\n")
    assert receive_buffer_errors(tmp_path) is None
