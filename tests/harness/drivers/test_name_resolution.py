"""Names in addresses: looked up once, IPv4 first, and what nobody knows is told."""

import socket

import pytest

from harness.drivers.errors import TargetUnreachable
from harness.drivers.local_address import host_port
from harness.drivers.name_resolution import numeric_hop
from harness.sip.hop import Hop


def answers(*addresses: str) -> list[tuple[int, int, int, str, tuple[str, int]]]:
    """What getaddrinfo says."""
    return [(socket.AF_INET, socket.SOCK_DGRAM, 17, "", (address, 5060)) for address in addresses]


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
def test_a_number_stays_as_it_is(host: str) -> None:
    assert numeric_hop(Hop("udp", host, 5060)) == Hop("udp", host, 5060)


def test_ipv4_goes_before_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers("2001:db8::1", "192.0.2.1"))
    assert numeric_hop(Hop("tcp", "sip.example.com", 5060)).host == "192.0.2.1"


def test_a_name_with_ipv6_alone_has_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers("2001:db8::1"))
    assert numeric_hop(Hop("udp", "sip.example.com", 5060)).host == "2001:db8::1"


def test_tls_keeps_the_name_for_the_certificate() -> None:
    assert numeric_hop(Hop("tls", "sip.example.com", 5061)).host == "sip.example.com"


def test_a_name_that_nobody_knows_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(TargetUnreachable, match=r"udp:nowhere\.invalid:5060 .*Name or service not known"):
        numeric_hop(Hop("udp", "nowhere.invalid", 5060))


def test_a_name_with_too_long_a_label_is_told() -> None:
    with pytest.raises(TargetUnreachable):
        numeric_hop(Hop("udp", "a" * 70 + ".example", 5060))


@pytest.mark.parametrize(("host", "text"), [("192.0.2.1", "192.0.2.1:5060"), ("::1", "[::1]:5060")])
def test_an_ipv6_address_stands_in_brackets(host: str, text: str) -> None:
    assert host_port(Hop("udp", host, 5060)) == text
