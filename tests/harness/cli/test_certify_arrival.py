"""What is said of a PBX that does not appear."""

from harness.capture.trace import TracedPacket
from harness.cli.certify_arrival import Heard
from harness.cli.certify_simulator import simulated_settings
from harness.sip.hop import Hop, Packet

TRUNK = Hop("udp", "10.0.0.1", 5060)
HEAD = "SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.5;branch=z9hG4bK1\r\nCall-ID: 1\r\nFrom: <sip:{user}@x>;tag=1\r\n"


def packet(data: str, source: Hop = Hop("udp", "10.0.0.5", 5062)) -> TracedPacket:  # noqa: B008  # a value
    return TracedPacket(1, 0.0, Packet(data.encode(), source, TRUNK), "sip")


def request(method: str, user: str) -> TracedPacket:
    end = f"To: <sip:{user}@x>\r\nCSeq: 1 {method}\r\n\r\n"
    return packet(f"{method} sip:x {HEAD.format(user=user)}{end}")


def heard(*packets: TracedPacket) -> Heard:
    found = Heard(simulated_settings())
    found.take(packets, ["10.0.0.1:5060"])
    return found


def test_nothing_heard_names_the_place_and_what_to_look_at() -> None:
    words = heard().sentence(8, "udp:10.0.0.1:5060")
    assert "nothing was heard on udp:10.0.0.1:5060" in words
    assert "firewall" in words


def test_another_user_is_told_with_the_one_expected_and_how_often() -> None:
    words = heard(request("REGISTER", "100"), request("REGISTER", "100")).sentence(8, "x")
    assert "REGISTER from 10.0.0.5:5062 for user 100 on port 5060, expected 99051000000231 (2 times)" in words


def test_the_right_user_that_is_not_registered_has_a_wrong_password() -> None:
    words = heard(request("REGISTER", "99051000000231")).sentence(8, "x")
    assert "see that the password in the PBX is the profile's" in words


def test_what_is_no_sip_is_told_by_its_size() -> None:
    assert "8 bytes that are no SIP from 10.0.0.5:5062 on port 5060" in heard(packet("nonsense")).sentence(
        8, "x"
    )


def test_packets_of_the_trunk_itself_do_not_count() -> None:
    assert not heard(packet("x", Hop("udp", "10.0.0.1", 5060))).lines


def test_a_pbx_that_calls_is_there() -> None:
    assert heard(request("INVITE", "101")).answers
    assert not heard(request("REGISTER", "101")).answers
