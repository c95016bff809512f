"""target.toml: which profile is the main one, and where a transport leads."""

import pytest

from harness.settings.target import Target, TargetSettings, Transport, parse_address
from harness.sip.hop import Hop


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.0.2.1:5070", ("192.0.2.1", 5070)),
        ("sip.example", ("sip.example", 5060)),
        ("[2001:db8::1]:5070", ("2001:db8::1", 5070)),
        ("[2001:db8::1]", ("2001:db8::1", 5060)),
    ],
)
def test_an_address_is_host_and_port(text: str, expected: tuple[str, int]) -> None:
    assert parse_address(text) == expected


@pytest.mark.parametrize("text", ["", "a:b", "a:0", "a:70000", ":5060"])
def test_an_address_without_host_or_with_a_wrong_port_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write host:port"):
        parse_address(text)


def test_tcp_goes_to_its_own_address_when_one_is_given() -> None:
    target = Target(address="192.0.2.1:5060", tls_address="192.0.2.1:5061")
    assert target.hop() == Hop("udp", "192.0.2.1", 5060)
    assert target.hop("tcp") == Hop("tcp", "192.0.2.1", 5060)
    assert target.hop("tls") == Hop("tls", "192.0.2.1", 5061)


def test_an_account_is_attached_when_a_profile_has_its_extension_tag() -> None:
    accounts = [{"name": name, "password": "x"} for name in ("ann.example", "sales.example")]
    profile = {"sip_username": "1", "password": "x", "extension_tags": {"sales.example": "200"}}
    settings = TargetSettings.model_validate(
        {"target": {"address": "192.0.2.1"}, "profile": [profile], "account": accounts}
    )
    assert [each.name for each in settings.attached] == ["sales.example"]
    assert [each.name for each in settings.unattached] == ["ann.example"]


def test_the_main_profile_registers_and_is_active() -> None:
    settings = TargetSettings.model_validate(
        {
            "target": {"address": "192.0.2.1"},
            "profile": [
                {"sip_username": "1", "auth": "ip", "address": "192.0.2.9", "port": 5060},
                {"sip_username": "2", "password": "x", "active": False},
                {"sip_username": "3", "password": "x"},
            ],
        }
    )
    assert settings.main_profile.sip_username == "3"


@pytest.mark.parametrize(
    ("target", "offered"),
    [
        (Target(address="192.0.2.1"), {"udp", "tcp"}),
        (Target(address="192.0.2.1", transport="tcp"), {"udp", "tcp"}),
        (Target(address="192.0.2.1", tls_address="192.0.2.1:5061"), {"udp", "tcp", "tls"}),
        (Target(address="192.0.2.1", transport="tls"), {"tls"}),
        (Target(address="192.0.2.1", transport="tls", tcp_address="192.0.2.1"), {"tcp", "tls"}),
    ],
)
def test_udp_and_tcp_come_together_and_tls_has_an_address(target: Target, offered: set[str]) -> None:
    transports: tuple[Transport, ...] = ("udp", "tcp", "tls")
    assert {each for each in transports if target.offers(each)} == offered


def test_each_address_is_looked_up_for_its_transport() -> None:
    target = Target(address="a.example", tcp_address="b.example:5070", tls_address="c.example:5061")
    hosts = {"udp": "192.0.2.1", "tcp": "2001:db8::2", "tls": "192.0.2.3"}
    looked_up = target.at(lambda hop: hop._replace(host=hosts[hop.transport]))
    assert (looked_up.address, looked_up.tcp_address, looked_up.tls_address) == (
        "192.0.2.1:5060",
        "[2001:db8::2]:5070",
        "192.0.2.3:5061",
    )
