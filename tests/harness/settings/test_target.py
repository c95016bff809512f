"""target.toml: which profile is the main one, and where a transport leads."""

import pytest

from harness.settings.target import Target, TargetSettings, parse_address
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
