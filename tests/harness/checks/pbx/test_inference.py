"""The setup is read from what a capture says, the user's word goes first, and guesses are told."""

import pytest

from harness.capture.trace import Trace
from harness.checks.pbx.given_setup import GivenSetup
from harness.checks.pbx.inference import NothingToJudge, infer
from harness.checks.pbx.ruling import Observed
from harness.checks.pbx.setup import End
from harness.sip.hop import Hop, Packet
from tests.harness.checks.pbx.recordings import (
    INDEX,
    RULES,
    recording,
    rewritten,
    rulings,
    sip,
    truth,
    without,
)

NEEDS_MORE_THAN_THE_CAPTURE = {
    ("ast_f_badpw.pcap", "authentication.pbx-password"),
    ("ast_f_from_ext.pcap", "authentication.pbx-password"),
    ("ast_f_no_reg.pcap", "registration.pbx-registers"),
    ("bare_f_badpw.pcap", "authentication.pbx-password"),
    ("kam_f_badpw.pcap", "authentication.pbx-password"),
    ("yate_f_from_ext.pcap", "authentication.pbx-password"),
}
"""What needs the password (403 has many reasons), or knowledge of where the capture begins."""


@pytest.mark.parametrize("file", sorted(INDEX))
def test_trunk_and_username_are_found_in_every_capture(file: str) -> None:
    inferred = infer(recording(file.removesuffix(".pcap")))
    assert inferred.setup.trunk == (End("127.0.1.1"),)
    assert inferred.setup.sip_username == "99051000000231"
    assert inferred.notes


@pytest.mark.parametrize("file", sorted(INDEX))
def test_a_capture_alone_tells_nothing_false(file: str) -> None:
    trace = recording(file.removesuffix(".pcap"))
    found = rulings(trace, infer(trace).setup)
    for requirement in RULES.values():
        expected = truth(file)[requirement]
        if (file, requirement) in NEEDS_MORE_THAN_THE_CAPTURE:
            expected = Observed.NOT_OBSERVED
        assert found[requirement].verdict is expected, requirement


def test_what_is_given_is_not_guessed_again() -> None:
    given = GivenSetup(
        sip_username="99051000000999", trunk=["127.0.1.1:5060"], domain="trunk.example", mode="ip"
    )
    inferred = infer(recording("ast_ok"), given)
    setup = inferred.setup
    assert (setup.sip_username, setup.trunk) == ("99051000000999", (End("127.0.1.1", 5060),))
    assert (setup.domain, setup.mode) == ("trunk.example", "ip")
    assert inferred.notes == []


def test_the_realm_of_another_trunk_is_its_domain() -> None:
    trace = rewritten(recording("ast_ok"), b"", b"sip.skype.com", b"trunk.example")
    inferred = infer(trace)
    assert inferred.setup.domain == "trunk.example"
    assert inferred.setup.trunk == (End("127.0.1.1"),)


def test_calls_that_nobody_challenges_are_ip_authentication() -> None:
    trace = recording("ast_f_no_reg")
    trace = without(trace, lambda each: sip(b"SIP/2.0 407", source="127.0.1.1")(each))
    inferred = infer(trace)
    assert inferred.setup.mode == "ip"
    assert any("IP authentication" in note for note in inferred.notes)


def packets(data: bytes, transport: str = "tcp", kind: str = "other") -> Trace:
    trace = Trace()
    packet = Packet(data, Hop(transport, "192.0.2.1", 40000), Hop(transport, "192.0.2.2", 5061))
    trace.append(0.0, packet, "rtp" if kind == "rtp" else "other")
    return trace


@pytest.mark.parametrize(
    ("trace", "words"),
    [
        (packets(b"\x16\x03\x01\x02\x00"), "it is encrypted"),
        (packets(b"\x80\x08" + bytes(20), "udp", "rtp"), "only 1 RTP packets"),
        (packets(b"hello", "udp"), "no SIP in its 1 UDP and TCP packets"),
        (Trace(), "no UDP or TCP packet"),
    ],
)
def test_what_holds_no_sip_is_said(trace: Trace, words: str) -> None:
    with pytest.raises(NothingToJudge, match=words):
        infer(trace)


def test_a_trunk_that_nobody_talks_to_is_said_with_who_is_there() -> None:
    with pytest.raises(NothingToJudge, match=r"no SIP passed to or from 192\.0\.2\.9; there is SIP between"):
        infer(recording("ast_ok"), GivenSetup(trunk=["192.0.2.9"]))


def test_options_alone_are_nothing_to_judge() -> None:
    trace = without(recording("ast_f_no_rereg"), lambda each: not sip(b"OPTIONS", b"SIP/2.0 404")(each))
    with pytest.raises(NothingToJudge, match="name the trunk: --trunk"):
        infer(trace)
    with pytest.raises(NothingToJudge, match="neither a REGISTER nor a call"):
        infer(trace, GivenSetup(trunk=["127.0.1.1"]))


def test_two_customers_in_one_capture_are_kept_apart() -> None:
    trace = recording("ast_ok")
    other = [
        each._replace(
            packet=Packet(
                each.packet.data.replace(b"99051000000231", b"99051000000777"),
                moved(each.packet.source),
                moved(each.packet.destination),
            )
        )
        for each in recording("ast_f_from_ext")
    ]
    inferred = infer(Trace([*trace, *other]))
    assert inferred.setup.sip_username == "99051000000231"
    assert inferred.setup.pbx == (End("127.0.2.1"),)
    found = rulings(Trace([*trace, *other]), inferred.setup)
    assert found["from_header.pbx-username"].verdict is Observed.PASS


def moved(hop: Hop) -> Hop:
    """The second customer's PBX has another address."""
    return hop._replace(host="127.0.5.1") if hop.host == "127.0.2.1" else hop
