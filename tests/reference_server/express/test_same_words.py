"""Whatever a PBX does, the trunk with the express lane says byte for byte what the trunk without says."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.sip.hop import Hop
from tests.reference_server.express.twin import ORDER, PBX, SDP, Shape, Side, Teller, established, same
from tests.reference_server.trunk_play import PASSWORD

pytestmark = pytest.mark.timeout(900)
"""Seconds: each case makes two trunks with databases, and a machine may have much else to do."""
CASES = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])

HARMLESS = (
    ("User-Agent", "PBX 1.0"),
    ("Allow", "INVITE, ACK, CANCEL, BYE, UPDATE"),
    ("Supported", "replaces, timer"),
    ("Supported", "100rel"),
    ("X-Trace", "1"),
    ("Accept", "application/sdp"),
)
UNUSUAL = (
    ("Require", "100rel"),
    ("Require", "nothing-known"),
    ("Session-Expires", "1800"),
    ("Session-Expires", "20"),
    ("Expires", "30"),
    ("Route", "<sip:10.0.0.1;lr>"),
    ("Record-Route", "<sip:10.0.0.9;lr>"),
    ("Max-Forwards", "70"),
    ("Timestamp", "54"),
    ("Accept", "text/plain"),
    ("Subject", ""),
    ("Supported", "Timer"),
)
VIAS = (
    "SIP/2.0/UDP 10.0.0.2:5071;branch={branch};rport",
    "SIP/2.0/UDP 10.0.0.2:5071;rport;branch={branch}",
    "SIP/2.0/UDP 10.0.0.2:5071;branch={branch}",
    "SIP/2.0/UDP 192.168.1.5:5090;branch={branch}",
    "SIP/2.0/UDP 192.168.1.5;branch={branch};rport",
    "SIP/2.0/UDP pbx.example:5071;branch={branch};rport",
    "SIP/2.0/UDP 10.0.0.2:99999;branch={branch}",
)
NUMBERS = (
    "+442079460000", "+17606604690", "+442079460002", "+442079460102", "+442079460200", "+442079460202",
    "+442079460204", "+442079460209", "+442079460210", "+442079460211", "+442079460486", "+14155550199",
    "112", "442079460000", "+44", "+442079460207",
)  # fmt: skip
OTHER_SDP = (
    b"v=0\r\no=pbx 1 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\nm=audio 6000 RTP/AVP 18\r\n"
)

SHAPES = st.builds(
    Shape,
    order=st.permutations(ORDER),
    more=st.lists(st.sampled_from(HARMLESS), max_size=3) | st.lists(st.sampled_from(UNUSUAL), max_size=2),
    via=st.sampled_from(VIAS[:4]) | st.sampled_from(VIAS),
    display=st.sampled_from(("", "Head office", "+442079460001")),
    number=st.just("+442079460210") | st.sampled_from(NUMBERS),
    body=st.sampled_from((SDP, SDP, OTHER_SDP, b"", b"v=0")),
    source=st.sampled_from((PBX, PBX, Hop("udp", "10.0.0.7", 40_000))),
)

Step = Callable[[Teller], object]


def _say(method: str, **options: Any) -> Step:
    return lambda teller: teller.say(method, **options)


def _again(method: str) -> Step:
    return lambda teller: teller.again(method)


def _wait(seconds: float) -> Step:
    return lambda teller: teller.side.wait(seconds)


def _hang_up(teller: Teller) -> None:
    for live in teller.side.trunk.parts.calls.live():
        teller.side.trunk.hang_up(live, teller.side.now)
    teller.side.collect()


def _moved(method: str) -> Step:
    def step(teller: Teller) -> None:
        teller.side.receive(teller.request(method), Hop("udp", "10.0.0.3", 5060))

    return step


def _unreachable(teller: Teller) -> None:
    teller.side.trunk.transport_failed(teller.shape.source, teller.side.now)
    teller.side.collect()


STEPS: dict[str, Step] = {
    "INVITE": _say("INVITE"),
    "INVITE, password": _say("INVITE", password=PASSWORD, in_dialog=False),
    "INVITE, wrong password": _say("INVITE", password="wrong", in_dialog=False),
    "INVITE, nonce used twice": _say("INVITE", password=PASSWORD, in_dialog=False, nc=1),
    "ACK of a failure": _say("ACK", new=False),
    "ACK": _say("ACK"),
    "CANCEL": _say("CANCEL", new=False),
    "BYE": _say("BYE"),
    "OPTIONS": _say("OPTIONS"),
    "re-INVITE": _say("INVITE", in_dialog=True),
    "INFO": _say("INFO"),
    "UPDATE": _say("UPDATE"),
    "INVITE again": _again("INVITE"),
    "ACK again": _again("ACK"),
    "BYE again": _again("BYE"),
    "BYE from elsewhere": _moved("BYE"),
    "ACK from elsewhere": _moved("ACK"),
    "a moment": _wait(0.1),
    "T1": _wait(0.6),
    "some seconds": _wait(5.5),
    "64*T1": _wait(33.0),
    "a minute": _wait(62.0),
    "hang up by the operator": _hang_up,
    "unreachable": _unreachable,
}


def play_both(steps: list[Step], shape: Shape, *, stand: bool) -> tuple[Side, Side]:
    """Plays the same to both trunks."""
    sides = Side(express=True), Side(express=False)
    for side in sides:
        teller = established(side, shape, ack=False) if stand else Teller(side, shape)
        for step in steps:
            step(teller)
        side.wait(40.0)
    return sides


def _compare(steps: list[Step], shape: Shape, *, stand: bool) -> None:
    lane, general = play_both(steps, shape, stand=stand)
    assert same(lane.sent) == same(general.sent)
    assert lane.books() == general.books()


@CASES
@given(shape=SHAPES, names=st.lists(st.sampled_from(sorted(STEPS)), max_size=8))
def test_a_call_sounds_the_same_from_its_first_packet_on(shape: Shape, names: list[str]) -> None:
    _compare([STEPS[name] for name in names], shape, stand=False)


@CASES
@given(shape=SHAPES, names=st.lists(st.sampled_from(sorted(STEPS)), max_size=6))
def test_a_call_sounds_the_same_after_its_answer(shape: Shape, names: list[str]) -> None:
    _compare([STEPS[name] for name in names], shape, stand=True)


@pytest.mark.parametrize("name", sorted(STEPS))
@pytest.mark.parametrize("before", [[], ["ACK"], ["ACK", "BYE"]], ids=len)
@pytest.mark.parametrize("number", ["+442079460210", "+442079460002"])
def test_each_step_in_each_state_sounds_the_same(number: str, before: list[str], name: str) -> None:
    _compare([STEPS[one] for one in [*before, name, "BYE"]], Shape(number=number), stand=True)


@pytest.mark.parametrize(
    ("number", "via"), [(number, VIAS[0]) for number in NUMBERS] + [(NUMBERS[0], via) for via in VIAS]
)
def test_each_number_over_each_via_sounds_the_same(number: str, via: str) -> None:
    _compare([STEPS["ACK"], STEPS["BYE"]], Shape(number=number, via=via), stand=True)
