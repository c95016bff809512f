"""Calls from the trunk to the PBX: trusted, routed by the Request-URI, answered, ended."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from harness.checks.breach import Inconclusive, NotApplicable
from harness.checks.expect import expect, expecting
from harness.checks.pbx.call import Call
from harness.checks.pbx.leg_message import LegMessage
from harness.checks.pbx.patience import ANSWER
from harness.checks.pbx.trunk_leg import TrunkLeg
from harness.drivers.errors import AddressUnusable, WaitTimeout
from harness.drivers.phone import Phone
from harness.pytest_plugin.inside_phone import InsideLine, SipLine
from harness.pytest_plugin.pbx_run import PbxRun
from harness.pytest_plugin.trunk_side import TrunkSide
from harness.scenarios.pbx.steps import ECHO, SETTLE, SOON, answered, number_for, ringing, taken
from harness.settings.pbx import PbxFile
from harness.sip.message import Message
from harness.ua.account import Account
from harness.ua.call_options import CallOptions

pytestmark = pytest.mark.supports("inbound")

STRANGER = "127.0.0.9"
NOBODY = "+442079460987"
"""A number that no profile has; the trunk sends it all the same."""
TRYING = 0.8
"""Seconds until a 100 must be there: 200 ms of RFC 3261 section 17.2.1, and a slow machine."""
RINGS_LATE = 1.5
"""Seconds after which a phone rings that takes its time."""


@pytest.mark.requirement("inbound.pbx-trusts")
def test_an_inbound_call_is_not_challenged(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """A call from the trunk is taken without a challenge."""
    trunk.place_call(number_for(pbx))
    _wait_told(trunk, [inside], pbx)
    trunk.judge("inbound.pbx-trusts")


@pytest.mark.requirement("inbound.pbx-answers")
def test_an_inbound_call_is_answered(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """A call from the trunk comes to a phone that answers it."""
    trunk.place_call(number_for(pbx))
    try:
        inside.wait_incoming(pbx.timeouts.setup).answer()
        trunk.wait(lambda leg: leg.inbound[0].answer, SOON)
    except WaitTimeout:
        trunk.wait(lambda leg: leg.inbound[0].refusal, ANSWER - pbx.timeouts.setup)
        responses = [each for attempt in trunk.leg().inbound[0].attempts for each in attempt.responses]
        words = f"the phone did not ring within {pbx.timeouts.setup:g} s, and the call was not answered"
        expect(trunk.leg().inbound[0].refusal, "inbound.pbx-answers", words, _last(responses), "start")
    trunk.judge("inbound.pbx-answers")


@pytest.mark.supports("routes_by_number")
@pytest.mark.requirement("inbound.pbx-routes-by-ruri")
def test_each_number_rings_its_extension(
    trunk: TrunkSide, inside_lines: list[InsideLine], pbx: PbxFile
) -> None:
    """The number in the Request-URI decides which extension rings."""
    routes = [
        (number, place)
        for place, phone in enumerate(pbx.phones)
        for number in phone.rings_for
        if number in pbx.trunk.online_numbers
    ]
    for number, place in routes or [(pbx.trunk.online_numbers[0], 0)]:
        _must_ring(trunk, inside_lines, pbx, place, "inbound.pbx-routes-by-ruri", number=number)
    trunk.judge("inbound.pbx-routes-by-ruri")


@pytest.mark.supports("routes_by_number")
@pytest.mark.requirement("inbound.pbx-routes-tag")
def test_an_extension_tag_rings_its_extension(
    trunk: TrunkSide, inside_lines: list[InsideLine], pbx: PbxFile
) -> None:
    """A call to a business account, with its tag in the Request-URI, rings the tag's extension."""
    routed = {tag: place for place, phone in enumerate(pbx.phones) for tag in phone.rings_for}
    accounts = [(account, tag) for account, tag in pbx.trunk.extension_tags.items() if tag in routed]
    if not accounts:
        raise NotApplicable("no [[phone]] of pbx.toml has an extension tag in rings_for")
    account, tag = accounts[0]
    _must_ring(trunk, inside_lines, pbx, routed[tag], "inbound.pbx-routes-tag", account=account)


@pytest.mark.requirement("inbound.pbx-to-username")
def test_the_sip_username_in_to_is_accepted(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """A call whose To names the SIP username is taken, also when the Request-URI names it too."""
    place = next(
        (each for each, phone in enumerate(pbx.phones) if pbx.trunk.sip_username in phone.rings_for), None
    )
    number = None if place is not None else number_for(pbx)
    trunk.place_call(number)
    _wait_told(trunk, [inside], pbx)
    refusal = _inbound(trunk).refusal
    seen = f"the call was refused: {refusal.message.start_line}" if refusal else ""
    is_routed = refusal is None or refusal.status not in (400, 403, 404, 484, 604)
    expect(is_routed, "inbound.pbx-to-username", seen, refusal.message if refusal else None, "start")


@pytest.mark.supports("routes_by_number")
@pytest.mark.requirement("inbound.pbx-unknown-number")
def test_a_number_that_is_nobodys_is_refused(
    trunk: TrunkSide, inside_lines: list[InsideLine], pbx: PbxFile
) -> None:
    """A call to a number that the PBX does not have is refused."""
    trunk.direct(inbound={"request_user": NOBODY})
    trunk.place_call(number_for(pbx))
    _wait_told(trunk, inside_lines, pbx)
    trunk.wait(lambda leg: leg.inbound[0].refusal or _taken(leg.inbound[0]), pbx.timeouts.setup)
    call = _inbound(trunk)
    taken = _taken(call)
    seen = f"the call to {NOBODY} was answered {taken.status}" if taken else ""
    expect(taken is None, "inbound.pbx-unknown-number", seen, taken.message if taken else None, "start")
    if call.refusal is None:
        raise Inconclusive(f"the call was neither taken nor refused within {pbx.timeouts.setup:g} s")


@pytest.mark.requirement("inbound.pbx-ringing")
def test_a_ringing_phone_is_told(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """While the phone rings, the trunk hears so."""
    _, call = ringing(trunk, inside, pbx)
    call.ring()
    came = trunk.wait(lambda leg: _rings(leg.inbound[0]), SOON)
    expect(
        came, "inbound.pbx-ringing", "neither 180 nor 183 came while the phone rang", _invite(trunk), "start"
    )


@pytest.mark.requirement("inbound.pbx-trying")
def test_an_invite_is_answered_at_once(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """An INVITE is answered 100 (or more) at once, though the phone takes its time."""
    with slow_phone(inside):
        trunk.place_call(number_for(pbx))
        trunk.wait(lambda leg: leg.inbound and _heard(leg.inbound[0]), RINGS_LATE)
    call = _inbound(trunk)
    first = next((each for each in call.messages if each.from_pbx and each.method == "INVITE"), None)
    took = first.time - call.invite.time if first is not None else RINGS_LATE
    words = (
        f"the first answer came after {took:.1f} s" if first else f"no answer came within {RINGS_LATE:g} s"
    )
    expect(took <= TRYING, "inbound.pbx-trying", words, call.invite.message, "start")


@pytest.mark.requirement("call.pbx-busy")
def test_a_busy_phone_is_told_as_busy(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """A phone that is busy makes the PBX answer 486, or lets somebody else take the call."""
    _, call = ringing(trunk, inside, pbx)
    call.reject(486)
    if not trunk.wait(lambda leg: leg.inbound[0].refusal or leg.inbound[0].answer, SOON):
        raise Inconclusive("the call went on ringing though the phone was busy")
    refusal = _inbound(trunk).refusal
    seen = f"a busy phone was told as {refusal.status}" if refusal else ""
    is_sensible = refusal is None or refusal.status in (486, 480, 600, 603)
    expect(is_sensible, "call.pbx-busy", seen, refusal.message if refusal else None, "start")


@pytest.mark.requirement("cancel.pbx-obeys")
def test_a_caller_who_gives_up_is_obeyed(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """CANCEL while the phone rings is answered, the INVITE gets 487, the phone stops ringing."""
    placed, call = ringing(trunk, inside, pbx)
    call.ring()
    trunk.wait(lambda leg: _rings(leg.inbound[0]), SOON)
    _cancel_and_judge(trunk, placed)
    with expecting("cancel.pbx-obeys", _invite(trunk)):
        call.wait_ended(SOON)


@pytest.mark.requirement("cancel.pbx-obeys")
def test_a_call_that_nobody_answers_ends(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """When nobody answers and the trunk gives up, the PBX lets the call go."""
    placed, _ = ringing(trunk, inside, pbx, ring_timeout=1.0)
    trunk.wait(lambda leg: leg.inbound[0].cancels, SOON)
    _cancel_and_judge(trunk, placed)


@pytest.mark.requirement("call.pbx-releases")
def test_a_caller_who_hangs_up_is_released(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """BYE of the trunk ends an inbound call that was answered."""
    placed, _ = taken(trunk, inside, pbx)
    trunk.control.hang_up(placed)
    trunk.wait(lambda leg: any(bye.final for bye in leg.inbound[0].byes), ANSWER + 1)
    trunk.judge("call.pbx-releases")


@pytest.mark.requirement("call.pbx-bye")
def test_a_phone_that_hangs_up_ends_an_inbound_call(
    trunk: TrunkSide, inside: InsideLine, pbx: PbxFile
) -> None:
    """When the phone hangs up an inbound call, the trunk gets BYE."""
    _, call = taken(trunk, inside, pbx)
    trunk.pause(0.2)
    call.hang_up()
    came = trunk.wait(lambda leg: any(bye.first.from_pbx for bye in leg.inbound[0].byes), SOON)
    expect(came, "call.pbx-bye", "no BYE followed when the phone hung up", _invite(trunk), "start")


@pytest.mark.requirement("call.pbx-to-tag")
def test_all_answers_have_one_to_tag(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """The To tag of the 200 is one that the answers before it had; a PBX that forks sends several."""
    _, call = ringing(trunk, inside, pbx)
    call.ring()
    trunk.wait(lambda leg: _rings(leg.inbound[0]), SOON)
    call.answer()
    if not trunk.wait(lambda leg: leg.inbound[0].answer, SOON):
        raise Inconclusive("the call was not answered")
    answers = [
        each for attempt in _inbound(trunk).attempts for each in attempt.responses if 100 < each.status < 300
    ]
    tags = [str(each.message.to.tag) for each in answers]
    before = [tag for tag, each in zip(tags, answers, strict=True) if each.status < 200]
    seen = f"the answers to one INVITE have the To tags {', '.join(dict.fromkeys(tags))}"
    is_known = not before or tags[-1] in before
    expect(is_known, "call.pbx-to-tag", seen, answers[-1].message, "To")


@pytest.mark.requirement("call.pbx-contact")
def test_the_answer_names_a_contact(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """The 200 to an inbound INVITE carries a Contact."""
    _, call = ringing(trunk, inside, pbx)
    call.answer()
    if not trunk.wait(lambda leg: leg.inbound[0].answer, SOON):
        raise Inconclusive("the call was not answered")
    answer = _inbound(trunk).answer
    assert answer is not None
    has_one = "Contact" in answer.message.headers
    expect(has_one, "call.pbx-contact", "the 200 to INVITE has no Contact", answer.message, "start")


@pytest.mark.supports("late_offer")
@pytest.mark.requirement("inbound.pbx-late-offer")
def test_an_invite_without_an_offer_is_taken(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """An INVITE without a session description is answered with an offer."""
    trunk.place_call(number_for(pbx), late_offer=True)
    try:
        inside.wait_incoming(pbx.timeouts.setup).answer()
    except WaitTimeout:
        pass  # the trunk's side tells why
    trunk.wait(lambda leg: leg.inbound[0].answer or leg.inbound[0].refusal, SOON)
    call = _inbound(trunk)
    refusal = call.refusal
    seen = (
        f"INVITE without SDP was refused: {refusal.message.start_line}"
        if refusal
        else "the call was not answered"
    )
    message = refusal.message if refusal else call.invite.message
    expect(call.answer is not None, "inbound.pbx-late-offer", seen, message, "start")
    assert call.answer is not None
    has_offer = bool(call.answer.message.body)
    expect(has_offer, "inbound.pbx-late-offer", "the 200 has no offer", call.answer.message, "start")


@pytest.mark.supports("options")
@pytest.mark.requirement("liveness.pbx-answers-options")
def test_options_is_answered(trunk: TrunkSide, pbx: PbxFile) -> None:
    """OPTIONS of the trunk gets an answer, whatever its status."""
    call_id = trunk.control.send_request(pbx.trunk.sip_username, "OPTIONS")
    trunk.wait(
        lambda leg: any(each.request.call_id == call_id and each.responses for each in leg.exchanges),
        ANSWER + 1,
    )
    trunk.judge("liveness.pbx-answers-options")


@pytest.mark.requirement("channels.pbx-several-calls")
def test_two_calls_at_once(trunk: TrunkSide, inside_lines: list[InsideLine], pbx: PbxFile) -> None:
    """While one call goes out, another one comes in."""
    if pbx.supports.calls_at_once(pbx.trunk.channels) < 2 or len(inside_lines) < 2:
        raise NotApplicable("pbx.toml says several_calls = 1, or has only one [[phone]]")
    answered(trunk, inside_lines[0], pbx)
    trunk.place_call(number_for(pbx, 1))
    _wait_told(trunk, inside_lines, pbx)
    refusal = _inbound(trunk).refusal
    seen = f"the second call was refused: {refusal.message.start_line}" if refusal else ""
    expect(refusal is None, "channels.pbx-several-calls", seen, refusal.message if refusal else None, "start")


@pytest.mark.supports("outbound")
@pytest.mark.requirement("channels.pbx-several-calls")
def test_all_channels_at_once(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """As many calls as pbx.toml names are up at the same time."""
    wanted = pbx.supports.calls_at_once(pbx.trunk.channels)
    if wanted < 2:
        raise NotApplicable("pbx.toml says several_calls = 1")
    if not isinstance(inside, SipLine):
        raise NotApplicable("only a phone that the harness plays makes more than one call at a time")
    for _ in range(wanted):
        inside.dial(pbx.dial.e164(ECHO))

    def up() -> int:
        return sum(call.answer is not None for call in trunk.leg().outbound)

    trunk.wait(lambda leg: up() >= wanted, SOON + wanted / 10)
    count = up()
    calls = trunk.leg().outbound
    last = calls[-1].attempts[-1].request if calls else None
    seen = f"{count} of {wanted} calls were up at the same time"
    expect(count == wanted, "channels.pbx-several-calls", seen, last, "start")


@pytest.mark.requirement("security.pbx-strangers")
def test_a_call_from_a_stranger_does_not_ring(
    trunk: TrunkSide, inside: InsideLine, pbx: PbxFile, pbx_run: PbxRun
) -> None:
    """An INVITE from another address than the trunk's is refused, challenged or dropped."""
    hop = pbx.pbx.hop
    if not hop.host.startswith("127."):
        raise Inconclusive("this machine has no second address towards the PBX")
    if not inside.shows_calls:
        raise Inconclusive(f"nobody can see whether phone {inside.extension} rings")
    try:
        stranger = Phone(
            pbx_run.driver,
            Account("mallory", "", hop, hop.host),
            local=(STRANGER, 0),
            transport=hop.transport,
        )
    except AddressUnusable as error:
        raise Inconclusive(str(error)) from None
    with stranger:
        call = stranger.call(
            f"sip:{number_for(pbx) or pbx.trunk.sip_username}@{hop.host}:{hop.port}", authenticate=False
        )
        trunk.wait(lambda leg: inside.ring() or call.status is not None, SETTLE)
        seen = f"a call from {STRANGER} rang extension {inside.extension}"
        expect(not inside.ring(), "security.pbx-strangers", seen, call.invite, "Via")


@contextmanager
def slow_phone(inside: InsideLine) -> Iterator[None]:
    """A phone that says nothing to an INVITE while the block lasts; a device answers as fast as it can."""
    if not isinstance(inside, SipLine):
        yield
        return
    agent = inside.phone.agent
    usual, agent.incoming_options = agent.incoming_options, CallOptions(automatic_trying=False)
    try:
        yield
    finally:
        agent.incoming_options = usual


def _must_ring(
    trunk: TrunkSide, lines: list[InsideLine], pbx: PbxFile, place: int, requirement: str, **order: str
) -> None:
    """A call rings the extension at that place, and is let go again."""
    target = order.get("number") or order.get("account")
    calls = len(trunk.leg().inbound)
    placed = trunk.place_call(order.get("number"), **{k: v for k, v in order.items() if k != "number"})
    trunk.wait(lambda leg: len(leg.inbound) > calls, SOON)
    line = lines[place]
    try:
        line.wait_incoming(pbx.timeouts.setup).reject(486)
    except WaitTimeout:
        call = _inbound(trunk)
        refusal = call.refusal
        status = f", the PBX answered {refusal.status}" if refusal else ""
        seen = f"the call to {target} did not ring extension {line.extension}{status}"
        message = refusal.message if refusal else call.invite.message
        expect(False, requirement, seen, message, "start")
    trunk.wait_call(placed, lambda shown: shown["state"] == "ended", SOON)


def _cancel_and_judge(trunk: TrunkSide, placed: str) -> None:
    if not _inbound(trunk).cancels:
        trunk.control.hang_up(placed)
    trunk.wait(lambda leg: leg.inbound[0].cancels and leg.inbound[0].refusal, SETTLE)
    call = _inbound(trunk)
    if not call.cancels:
        raise Inconclusive("the trunk sent no CANCEL")
    cancel = call.cancels[0]
    expect(cancel.final, "cancel.pbx-obeys", "CANCEL was not answered", cancel.request, "start")
    is_over = call.refusal is not None or call.answer is not None
    expect(is_over, "cancel.pbx-obeys", "the INVITE stayed open after CANCEL", cancel.request, "start")


def _inbound(trunk: TrunkSide) -> Call:
    calls = trunk.leg().inbound
    if not calls:
        raise Inconclusive("the trunk sent no INVITE: the PBX is not registered")
    return calls[-1]


def _invite(trunk: TrunkSide) -> Message:
    return _inbound(trunk).invite.message


def _wait_told(trunk: TrunkSide, lines: list[InsideLine], pbx: PbxFile) -> None:
    """Until the PBX has said more than 100; phones that are called ring."""

    def told(leg: TrunkLeg) -> bool:
        for line in lines:
            line.ring()
        return bool(leg.inbound) and _said(leg.inbound[0])

    trunk.wait(told, pbx.timeouts.setup)


def _taken(call: Call) -> LegMessage | None:
    """What says that the call rings or is answered; 183 may be an announcement that goes before a refusal."""
    return next((each for each in call.messages if each.from_pbx and each.status in (180, 200)), None)


def _said(call: Call) -> bool:
    """Whether the PBX has said more than 100."""
    return any(each.from_pbx and each.status > 100 for each in call.messages)


def _heard(call: Call) -> bool:
    """Whether the PBX has said anything."""
    return any(each.from_pbx and each.status for each in call.messages)


def _rings(call: Call) -> bool:
    return any(each.from_pbx and each.status in (180, 183, 200) for each in call.messages)


def _last(responses: list[LegMessage]) -> Message | None:
    return responses[-1].message if responses else None
