"""Whatever a capture holds, judging it raises nothing but a reason why it cannot be judged."""

import random
from dataclasses import replace

import pytest

from harness.capture.trace import Trace, TracedPacket
from harness.checks.pbx.finding import deciding_line
from harness.checks.pbx.inference import NothingToJudge, infer
from harness.checks.pbx.judgement import judge_pbx
from tests.harness.checks.pbx.recordings import SETUP, recording

SPOILT = (b"\x00", b"\xff", b";", b"<", b'"', b",", b":", b"\r\n", b"99999999999999999999", b"")


def spoil(each: TracedPacket, chance: random.Random) -> TracedPacket:
    """The packet with a few bytes changed, at random, when it is SIP."""
    if each.kind != "sip" or chance.random() < 0.3:
        return each
    data = each.packet.data
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(data))
        data = data[:place] + chance.choice(SPOILT) + data[place + chance.randint(0, 3) :]
    return each._replace(packet=each.packet._replace(data=data))


@pytest.mark.parametrize(
    "name", ["ast_f_badpw401", "kam_ok", "yate_ok_cancel", "bare_ok_hold", "ast_ok_stale"]
)
@pytest.mark.parametrize("seed", range(8))
def test_spoilt_messages_are_judged_as_far_as_they_can_be_read(name: str, seed: int) -> None:
    chance = random.Random(f"{name} {seed}")
    signalling = (each for each in recording(name) if each.kind == "sip")
    trace = Trace(spoil(each, chance) for each in signalling)
    try:
        setup = infer(trace).setup
    except NothingToJudge:
        setup = SETUP
    for ruling in judge_pbx(trace, setup):
        assert isinstance(ruling.seen, str)
        deciding_line(ruling.deciding)


@pytest.mark.parametrize("name", ["ast_ok", "kam_ok_cancel", "yate_f_bye_missing"])
def test_any_part_of_a_trace_can_be_judged(name: str) -> None:
    """Without SIP before or behind a place nothing fails that was not failing for want of an answer."""
    whole = Trace(each for each in recording(name) if each.kind == "sip")
    for place in range(len(whole)):
        for part in (whole.since(place), whole.since(0, place)):
            judge_pbx(part, SETUP)


@pytest.mark.parametrize(
    "name", ["ast_ok", "ast_ok_tcp", "kam_ok", "yate_ok", "ast_ok_cancel", "kam_ok_cancel"]
)
def test_the_beginning_of_a_proper_capture_blames_nobody(name: str) -> None:
    whole = Trace(each for each in recording(name) if each.kind == "sip")
    for place in range(len(whole)):
        broken = [each.requirement for each in judge_pbx(whole.since(0, place), SETUP) if each.breach]
        assert broken == [], f"the first {place} packets"


@pytest.mark.parametrize(
    "name", ["ast_ok", "ast_ok_tcp", "kam_ok", "yate_ok", "ast_ok_cancel", "kam_ok_cancel"]
)
def test_the_end_of_a_proper_capture_blames_nobody(name: str) -> None:
    whole = Trace(each for each in recording(name) if each.kind == "sip")
    for place in range(len(whole)):
        part = whole.since(place)
        setup = replace(SETUP, from_start=False)
        broken = [each.requirement for each in judge_pbx(part, setup) if each.breach]
        assert broken == [], f"from packet {place} on"
