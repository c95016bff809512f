"""Calls of the PBX: set up, released, refused, and what the trunk may ask for meanwhile."""

import math
from itertools import pairwise

import pytest

from harness.checks.breach import Inconclusive, NotApplicable
from harness.checks.expect import expect, expecting
from harness.checks.media import audio_of
from harness.checks.pbx.call import Call
from harness.checks.pbx.leg_message import Exchange, LegMessage
from harness.checks.pbx.trunk_leg import TrunkLeg
from harness.pytest_plugin.inside_phone import InsideLine, SipCall
from harness.pytest_plugin.trunk_side import TrunkSide
from harness.scenarios.pbx.steps import (
    RINGS,
    SETTLE,
    SOON,
    acknowledged,
    answered,
    call_of,
    dial,
    is_ended,
    request_of,
)
from harness.settings.pbx import PbxFile
from harness.sip.message import Request

pytestmark = pytest.mark.supports("outbound")

HANGS_UP = "+442079460101"
"""Its far end ends the call a second after the answer."""
EARLY_MEDIA, RELIABLE = "+442079460202", "+442079460203"
CHANGED = "+442079460205"
"""Its far end sends a re-INVITE a second after the answer."""
RINGING_TONE = 425.0  # Hz
TONE_TIME = 0.2
"""Seconds of a tone that a phone must hear to know it."""
STORM = 5
BYE_PATIENCE = 11.0
"""Seconds after which a BYE counts as ignored; as the check has it."""
SAME_MEANING = {402: (402, 400, 403, 480, 486, 603), 403: (403, 603, 480), 404: (404, 410, 480, 484, 604)}
SAME_MEANING |= {484: (484, 404, 480), 486: (486, 600), 488: (488, 606, 415), 503: (503, 480, 500, 502, 504)}
"""Status of the trunk -> what a phone may be told instead."""


@pytest.mark.requirement("call.pbx-ack-2xx")
def test_an_answered_call_is_acknowledged(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """The 200 to INVITE gets its ACK."""
    dial(trunk, inside, pbx)
    if not trunk.wait(lambda leg: leg.outbound[-1].answer, SOON):
        raise Inconclusive("the call was not answered")
    trunk.wait(lambda leg: acknowledged(leg.outbound[-1]), SETTLE)
    call = call_of(trunk)
    answer = call.answer.message if call.answer is not None else None
    expect(acknowledged(call), "call.pbx-ack-2xx", "no ACK followed the 200 to INVITE", answer, "start")


@pytest.mark.requirement("call.pbx-ack-refusal")
def test_a_refused_call_is_acknowledged(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """A refusal of INVITE gets its ACK."""
    dial(trunk, inside, pbx, "+442079460486")
    trunk.wait(lambda leg: _refused(leg) and leg.outbound[0].attempts[-1].acks, SETTLE)
    call = trunk.leg().outbound[0]
    if call.refusal is None:
        raise Inconclusive("the trunk did not come to refuse the call")
    refusal = call.refusal
    seen = f"no ACK followed the {refusal.status} to INVITE"
    expect(call.attempts[-1].acks, "call.pbx-ack-refusal", seen, refusal.message, "start")


@pytest.mark.requirement("call.pbx-bye")
def test_a_phone_that_hangs_up_ends_the_call(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """When the phone hangs up, the trunk gets BYE."""
    answered(trunk, inside, pbx).hang_up()
    came = trunk.wait(lambda leg: any(bye.first.from_pbx for bye in leg.outbound[-1].byes), SOON)
    expect(came, "call.pbx-bye", "no BYE followed when the phone hung up", request_of(trunk), "start")


@pytest.mark.requirement("call.pbx-releases")
def test_a_call_that_the_far_end_ends_is_released(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """BYE of the trunk is answered, and the call is over."""
    answered(trunk, inside, pbx, HANGS_UP)
    trunk.wait(lambda leg: is_ended(leg.outbound[-1]), BYE_PATIENCE + 2)
    trunk.judge("call.pbx-releases")


@pytest.mark.requirement("call.pbx-remote-target")
def test_requests_go_to_the_trunks_contact(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """ACK and BYE carry the trunk's Contact as Request-URI."""
    _call_and_hang_up(trunk, inside, pbx)
    trunk.judge("call.pbx-remote-target")


@pytest.mark.supports("maddr")
@pytest.mark.requirement("call.pbx-maddr")
def test_maddr_of_the_trunks_contact_is_honoured(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """ACK and BYE go to the address that maddr of the trunk's Contact names."""
    trunk.direct(invite={"maddr": True})
    dial(trunk, inside, pbx).play_tone(1004)
    if not trunk.wait(lambda leg: leg.outbound[-1].answer, SOON):
        raise Inconclusive("the call was not answered")
    trunk.wait(lambda leg: acknowledged(leg.outbound[-1]), SETTLE)
    call = call_of(trunk)
    answer = call.answer.message if call.answer is not None else None
    seen = "the ACK did not reach the address in maddr of the trunk's Contact"
    expect(acknowledged(call), "call.pbx-maddr", seen, answer, "Contact")
    trunk.judge("call.pbx-maddr")


@pytest.mark.supports("record_route")
@pytest.mark.requirement("call.pbx-record-route")
def test_record_route_is_followed(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """ACK and BYE carry the route that Record-Route of the answer sets."""
    trunk.direct(invite={"record_route": True})
    _call_and_hang_up(trunk, inside, pbx)
    call = call_of(trunk)
    within = [
        each.message
        for each in call.messages
        if each.from_pbx
        and isinstance(each.message, Request)
        and each.message.to.tag
        and each.method != "CANCEL"
    ]
    refused = {id(ack.message) for each in call.attempts if each.status >= 300 for ack in each.acks}
    judged = [each for each in within if id(each) not in refused]
    if not judged:
        raise Inconclusive("the PBX sent nothing within the call")
    missing = next((each for each in judged if "Route" not in each.headers), None)
    name = missing.method if missing is not None else ""
    expect(missing is None, "call.pbx-record-route", f"{name} has no Route", missing, "start")


@pytest.mark.requirement("call.pbx-contact")
def test_invite_names_a_contact(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """INVITE carries one Contact."""
    dial(trunk, inside, pbx)
    invite = call_of(trunk).attempts[0].request
    lines = invite.headers.get_lines("Contact")
    seen = f"INVITE has {len(lines)} Contact header fields" if lines else "INVITE has no Contact"
    expect(len(lines) == 1, "call.pbx-contact", seen, invite, "Contact" if lines else "start")


@pytest.mark.parametrize("status", [403, 503])
@pytest.mark.requirement("call.pbx-no-redial-storm")
def test_a_refused_call_is_not_repeated_in_a_storm(
    trunk: TrunkSide, inside: InsideLine, pbx: PbxFile, status: int
) -> None:
    """A call that the trunk refuses is not tried again and again."""
    dial(trunk, inside, pbx, _refusing(status))
    trunk.wait(lambda leg: _refused(leg), SOON)
    trunk.wait(lambda leg: _refusals(leg) >= STORM, 1.5)
    trunk.judge("call.pbx-no-redial-storm")


@pytest.mark.parametrize("status", [402, 403, 404, 484, 486, 488, 503])
@pytest.mark.requirement("call.pbx-refusal-passed")
def test_a_refusal_reaches_the_caller(
    trunk: TrunkSide, inside: InsideLine, pbx: PbxFile, status: int
) -> None:
    """A refusal of the trunk is passed on to the phone by its meaning."""
    call = dial(trunk, inside, pbx, _refusing(status))
    if not trunk.wait(_refused, SOON):
        raise Inconclusive("the trunk did not come to refuse the call")
    with expecting("call.pbx-refusal-passed"):
        told = call.wait_refused(SOON)
    final = call_of(trunk).refusal
    message = final.message if final is not None else None
    seen = f"the trunk refused with {status}, the phone was told {told}"
    expect(told in SAME_MEANING[status], "call.pbx-refusal-passed", seen, message, "start")


@pytest.mark.supports("early_media")
@pytest.mark.parametrize("provisional", [[183], [180, 183]], ids=["183", "180-and-183"])
@pytest.mark.requirement("call.pbx-early-media")
def test_audio_before_the_answer_reaches_the_caller(
    trunk: TrunkSide, inside: InsideLine, pbx: PbxFile, provisional: list[int]
) -> None:
    """The sound that comes with a 183 is heard by the caller before the answer."""
    trunk.direct(invite={"provisional": provisional})
    call = dial(trunk, inside, pbx, EARLY_MEDIA)
    looks: list[float] = []
    heard: list[float] = []

    def is_told(leg: TrunkLeg) -> bool:
        looks.append(trunk.now())
        heard.extend(looks[-1:] if isinstance(call, SipCall) and _hears(call) else [])
        return bool(heard) or leg.outbound[-1].answer is not None or is_ended(leg.outbound[-1])

    trunk.wait(is_told, SOON)
    placed = call_of(trunk)
    sound = next((each for each in placed.messages if each.status == 183), None)
    if sound is None:
        raise Inconclusive("the trunk sent no 183")
    if not isinstance(call, SipCall):
        raise Inconclusive(_seen_at_the_trunk(trunk, inside, sound))
    answered_at = placed.answer.time if placed.answer is not None else math.inf
    if heard and heard[0] < answered_at + TONE_TIME:
        return
    times = [sound.time, *(each for each in looks if each > sound.time)]
    if max((later - time for time, later in pairwise(times)), default=math.inf) > TONE_TIME:
        raise Inconclusive("this machine was too busy to listen to the second before the answer")
    told = [each for each in call.sip.statuses if 100 < each < 200]
    words = f"it was told {' and '.join(map(str, told))}" if told else "it was told nothing"
    seen = f"the phone heard nothing of the sound behind the trunk's 183 before the answer; {words}"
    expect(False, "call.pbx-early-media", seen, sound.message, "start")


@pytest.mark.supports("reliable_provisional")
@pytest.mark.requirement("call.pbx-prack")
def test_a_reliable_183_is_acknowledged(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """A reliable 183 gets PRACK, from a PBX that says it supports 100rel."""
    dial(trunk, inside, pbx, RELIABLE)
    invite = call_of(trunk).attempts[-1].request
    if "100rel" not in (*invite.supported, *invite.require):
        raise NotApplicable("the PBX does not ask for reliable provisional responses")
    trunk.wait(lambda leg: _sent(leg, "PRACK") or is_ended(leg.outbound[-1]), SOON)
    came = _sent(trunk.leg(), "PRACK")
    expect(came, "call.pbx-prack", "no PRACK followed the reliable 183", invite, "Supported")


@pytest.mark.requirement("cancel.pbx-cancels")
def test_a_caller_who_gives_up_cancels(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """When the phone hangs up before the answer, the trunk gets CANCEL."""
    call = dial(trunk, inside, pbx, RINGS)
    if not trunk.wait(lambda leg: any(each.status == 180 for each in leg.outbound[-1].messages), SOON):
        raise Inconclusive("the call did not ring")
    trunk.pause(0.3)
    call.hang_up()
    came = trunk.wait(lambda leg: leg.outbound[-1].cancels, SOON)
    expect(
        came, "cancel.pbx-cancels", "no CANCEL followed when the phone gave up", request_of(trunk), "start"
    )


@pytest.mark.supports("reinvite")
@pytest.mark.requirement("call.pbx-reinvite")
def test_a_reinvite_of_the_trunk_is_taken(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """A re-INVITE of the trunk in a call of the PBX is answered 200."""
    answered(trunk, inside, pbx, CHANGED)
    if not trunk.wait(lambda leg: leg.outbound[-1].reinvites, SOON):
        raise Inconclusive("the trunk sent no re-INVITE")
    trunk.wait(lambda leg: leg.outbound[-1].reinvites[0].final, SOON)
    change = call_of(trunk).reinvites[0]
    final = change.final
    seen = f"re-INVITE was answered {change.status}" if final is not None else "re-INVITE was not answered"
    is_taken = final is not None and (change.status < 300 or change.status in (488, 491))
    expect(is_taken, "call.pbx-reinvite", seen, final.message if final else change.request, "start")


@pytest.mark.supports("hold")
@pytest.mark.requirement("call.pbx-glare")
def test_a_change_that_met_491_is_tried_again(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """A re-INVITE that the trunk answered 491 is repeated, and the call goes on."""
    call = answered(trunk, inside, pbx)
    trunk.direct(change={"status": 491, "times": 1})
    call.hold()
    if not trunk.wait(_met_491, SOON):
        raise Inconclusive("the PBX sent no re-INVITE when the phone put the call on hold")
    came = trunk.wait(lambda leg: _is_tried_again(leg) or is_ended(leg.outbound[-1]), SOON + 2)
    change = _met_491(trunk.leg())[0].request
    expect(
        came and not is_ended(call_of(trunk)),
        "call.pbx-glare",
        "the re-INVITE was not tried again after 491",
        change,
        "start",
    )


def _hears(call: SipCall) -> bool:
    """Whether the phone hears the sound that comes before the answer."""
    return call.sip.core.media is not None and call.sip.heard_tone(RINGING_TONE)


def _seen_at_the_trunk(trunk: TrunkSide, inside: InsideLine, sound: LegMessage) -> str:
    """Why early media to a phone that nobody looks into is not judged, and what there was to see."""
    call, audio = call_of(trunk), audio_of(sound.message)
    until = call.answer.time if call.answer is not None else trunk.now()
    port = audio.port if audio is not None else None
    early = [each for each in trunk.media() if each.packet.destination.port == port and each.time < until]
    words = f"not observed: nobody hears what phone {inside.extension} hears before the answer"
    went_on = "went on" if call.answer is not None else "was not answered"
    return f"{words}; the call {went_on} after the 183, and {len(early)} RTP packets of the PBX came before"


def _call_and_hang_up(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    call = answered(trunk, inside, pbx)
    trunk.pause(0.2)
    call.hang_up()
    trunk.wait(lambda leg: is_ended(leg.outbound[-1]), SETTLE)


def _refusing(status: int) -> str:
    """A number whose far end refuses with that status."""
    return f"+44207946{'04' if status < 500 else '05'}{status % 100:02}"


def _refused(leg: TrunkLeg) -> bool:
    return any(call.refusal is not None and not _challenged(call) for call in leg.outbound)


def _challenged(call: Call) -> bool:
    return call.attempts[-1].is_challenged


def _refusals(leg: TrunkLeg) -> int:
    return sum(
        each.status >= 400 and not each.is_challenged for call in leg.outbound for each in call.attempts
    )


def _sent(leg: TrunkLeg, method: str) -> bool:
    return any(each.request.method == method and each.first.from_pbx for each in leg.exchanges)


def _met_491(leg: TrunkLeg) -> list[Exchange]:
    """The PBX's re-INVITEs in its newest call that were answered 491."""
    return [each for each in leg.outbound[-1].reinvites if each.first.from_pbx and each.status == 491]


def _is_tried_again(leg: TrunkLeg) -> bool:
    """Whether a re-INVITE of the PBX followed the one that was answered 491."""
    met = _met_491(leg)[0]
    return any(each.first.from_pbx and each.time > met.time for each in leg.outbound[-1].reinvites)
