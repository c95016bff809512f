"""The redial rule flips when refused calls follow each other too fast."""

import pytest

from harness.capture.trace import Trace, TracedPacket
from harness.checks.pbx.ruling import Observed
from tests.harness.checks.pbx.recordings import recording, rulings, sip, verdict

REDIAL = "call.pbx-no-redial-storm"


def refused_calls(count: int, apart: float) -> Trace:
    """The refused call of a capture over and over again, each in a call of its own."""
    call = [each for each in recording("bare_f_badpw") if each.number > 4]
    return Trace(again(each, turn, turn * apart) for turn in range(count) for each in call)


def again(each: TracedPacket, turn: int, later: float) -> TracedPacket:
    data = each.packet.data.replace(b"Call-ID: ", b"Call-ID: %d" % turn)
    data = data.replace(b"branch=z9hG4bK", b"branch=z9hG4bK%d" % turn)
    return each._replace(time=each.time + later, packet=each.packet._replace(data=data))


@pytest.mark.parametrize(
    ("count", "apart", "expected"),
    [(4, 0.1, Observed.PASS), (5, 0.1, Observed.FAIL), (5, 2.4, Observed.FAIL), (9, 3.0, Observed.PASS)],
)
def test_five_refusals_within_ten_seconds_are_a_storm(count: int, apart: float, expected: Observed) -> None:
    assert verdict(REDIAL, refused_calls(count, apart)) is expected


def test_a_single_refusal_is_told_as_one() -> None:
    assert rulings(refused_calls(1, 0.1))[REDIAL].seen.endswith("was refused once")


def test_a_challenge_and_a_cancel_are_no_refusal() -> None:
    assert verdict(REDIAL, recording("ast_ok_cancel")) is Observed.NOT_OBSERVED
    trace = Trace(each for each in recording("ast_f_no_invite_auth") if not sip(b"REGISTER")(each))
    assert verdict(REDIAL, trace) is Observed.NOT_OBSERVED
