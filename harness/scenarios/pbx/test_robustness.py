"""What a PBX must survive: a bad network, repeated answers, the unknown and the unreadable; and time.

After each the PBX still takes a call and makes one.
"""

import base64
from typing import Any

import pytest

from harness.checks.breach import Inconclusive, NotApplicable
from harness.checks.expect import expect
from harness.checks.pbx.trunk_leg import TrunkLeg
from harness.drivers.errors import WaitTimeout
from harness.pytest_plugin.inside_phone import InsideLine
from harness.pytest_plugin.trunk_side import TrunkSide
from harness.scenarios.pbx.steps import (
    SETTLE,
    SOON,
    answered,
    call_of,
    dial,
    is_ended,
    number_for,
    request_of,
    ringing,
)
from harness.settings.pbx import PbxFile
from harness.sip.message import Message

UNKNOWN_HEADERS = {"X-Unheard-Of": "1", "P-Nothing-Known": "<>;x=y"}
LARGE = 2500
"""Bytes of an INVITE that no Ethernet frame carries."""
SESSION = 90
"""Seconds; the shortest session interval (RFC 4028 section 5)."""
REFRESH_BY = 62.0
"""Seconds until a refresh must have come: 32 s before the end at the latest (RFC 4028 section 10)."""
LOSSY_PATIENCE = 20.0
"""Seconds for a call while packets are lost: four retransmissions."""
UNREADABLE = (
    b"INVITE sip:100@127.0.0.1 SIP/2.0\r\nVia: nonsense\r\n\r\n",
    b"nonsense\r\n\r\n",
    b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKx\r\nCSeq: 1 INVITE\r\n\r\n",
    b"INVITE sip:100@127.0.0.1 SIP/2.0\r\nContent-Length: -99\r\nFrom: <<>>;tag=\r\nCSeq: x\r\n\r\n",
    bytes(range(256)),
)
"""Nonsense at several depths: a Via, a start line, a stray answer, lengths and addresses, all bytes."""


@pytest.mark.supports("outbound")
@pytest.mark.requirement("timers.pbx-retransmits")
def test_an_invite_without_answer_is_sent_again(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """While the trunk is silent, INVITE is repeated over UDP."""
    _only_udp(pbx)
    trunk.direct(invite={"silent": True})
    dial(trunk, inside, pbx)
    came = trunk.wait(lambda leg: any(each.again for each in leg.outbound[0].attempts), SOON)
    attempt = call_of(trunk).attempts[-1]
    if attempt.final is not None:
        raise Inconclusive("the trunk did not come to be silent")
    trunk.direct()
    trunk.wait(lambda leg: leg.outbound[0].answer, SOON)  # so that nothing of it is left
    expect(
        came, "timers.pbx-retransmits", f"INVITE was not repeated within {SOON:g} s", attempt.request, "start"
    )


@pytest.mark.supports("inbound")
@pytest.mark.requirement("timers.pbx-2xx-retransmitted")
def test_a_200_without_ack_is_sent_again(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """While no ACK comes, the 200 to INVITE is repeated."""
    trunk.direct(inbound={"send_ack": False})
    _, call = ringing(trunk, inside, pbx)
    call.answer()
    if not trunk.wait(lambda leg: leg.inbound[0].answer, SOON):
        raise Inconclusive("the call was not answered")
    came = trunk.wait(lambda leg: _answers(leg) > 1, SETTLE)
    answer = trunk.leg().inbound[0].answer
    message = answer.message if answer is not None else None
    expect(
        came, "timers.pbx-2xx-retransmitted", "the 200 was not repeated though no ACK came", message, "start"
    )


@pytest.mark.supports("outbound")
@pytest.mark.requirement("timers.pbx-ack-repeated")
def test_a_200_that_comes_again_is_acknowledged_again(
    trunk: TrunkSide, inside: InsideLine, pbx: PbxFile
) -> None:
    """Each copy of the 200 to INVITE gets an ACK."""
    trunk.direct(invite={"answer_copies": 2})
    answered(trunk, inside, pbx)
    trunk.wait(lambda leg: _acks(leg) > 1, SETTLE / 2)
    answer = call_of(trunk).answer
    message = answer.message if answer is not None else None
    seen = f"two copies of the 200 to INVITE got {_acks(trunk.leg())} ACK"
    expect(_acks(trunk.leg()) > 1, "timers.pbx-ack-repeated", seen, message, "start")


@pytest.mark.supports("outbound", "session_timer")
@pytest.mark.requirement("timers.pbx-session-timer")
def test_the_session_timer_is_kept(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """A PBX that agreed to refresh a session does so before it ends, in a call that it made."""
    trunk.direct(invite={"session_expires": SESSION, "refresher": "uac"})
    answered(trunk, inside, pbx)
    answer = call_of(trunk).answer
    offers = "timer" in request_of(trunk).supported  # RFC 4028 section 9: without it the caller can't refresh
    if answer is None or not offers or "Session-Expires" not in answer.message.headers:
        raise NotApplicable("no session timer was agreed upon: the PBX does not ask for one")
    came = trunk.wait(lambda leg: _refreshes(leg) or is_ended(leg.outbound[-1]), REFRESH_BY)
    is_refreshed = came and not is_ended(call_of(trunk))
    seen = f"no refresh came within {REFRESH_BY:g} s of a session of {SESSION} s"
    expect(is_refreshed, "timers.pbx-session-timer", seen, answer.message, "Session-Expires")


@pytest.mark.supports("outbound", "session_timer")
@pytest.mark.requirement("call.pbx-reinvite")
def test_a_refresh_of_the_trunk_is_taken(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """A session refresh of the trunk, a re-INVITE without change, is taken and the call goes on."""
    trunk.direct(invite={"session_expires": SESSION, "refresher": "uas"})
    answered(trunk, inside, pbx)
    trunk.control.step(trunk.last_outbound(), "reinvite")
    trunk.wait(lambda leg: any(each.final for each in leg.outbound[-1].reinvites), SOON)
    changes = call_of(trunk).reinvites
    if not changes:
        raise Inconclusive("the trunk sent no re-INVITE")
    status = changes[0].status
    seen = f"the refresh was answered {status}" if status else "the refresh was not answered"
    is_taken = 200 <= status < 300 or status == 491
    expect(is_taken, "call.pbx-reinvite", seen, changes[0].request, "start")


@pytest.mark.requirement("capability.pbx-unknown-header")
def test_unknown_header_fields_are_ignored(
    trunk: TrunkSide, inside_lines: list[InsideLine], pbx: PbxFile
) -> None:
    """Unknown header fields in requests and answers change nothing."""
    trunk.direct(inbound={"headers": UNKNOWN_HEADERS}, invite={"headers": UNKNOWN_HEADERS})
    _still_works(trunk, inside_lines, pbx, "capability.pbx-unknown-header", "unknown header fields")
    trunk.direct()
    _still_works(trunk, inside_lines, pbx, "capability.pbx-unknown-header", "unknown header fields")


@pytest.mark.requirement("capability.pbx-unexpected-request")
def test_an_unexpected_notify_does_no_harm(
    trunk: TrunkSide, inside_lines: list[InsideLine], pbx: PbxFile
) -> None:
    """A NOTIFY that nobody asked for is refused or ignored, and calls go on."""
    trunk.control.send_request(pbx.trunk.sip_username, "NOTIFY", headers={"Event": "message-summary"})
    trunk.wait(lambda leg: any(each.request.method == "NOTIFY" and each.final for each in leg.exchanges), 1.0)
    _still_works(trunk, inside_lines, pbx, "capability.pbx-unexpected-request", "an unexpected NOTIFY")


@pytest.mark.parametrize("place", range(len(UNREADABLE)), ids=["via", "line", "stray", "lengths", "bytes"])
@pytest.mark.requirement("capability.pbx-malformed")
def test_what_cannot_be_read_does_no_harm(
    trunk: TrunkSide, inside_lines: list[InsideLine], pbx: PbxFile, place: int
) -> None:
    """A datagram that cannot be read is dropped or refused, and calls go on."""
    _only_udp(pbx)
    data = base64.b64encode(UNREADABLE[place]).decode()
    trunk.control.send_request(pbx.trunk.sip_username, raw=data)
    trunk.pause(0.2)
    _still_works(trunk, inside_lines, pbx, "capability.pbx-malformed", "a datagram that can't be read")


@pytest.mark.supports("inbound", "fragmented_udp")
@pytest.mark.requirement("transport.pbx-large-datagram")
def test_a_large_invite_is_taken(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """An INVITE of 2500 bytes, two fragments over UDP, rings the phone."""
    trunk.direct(inbound={"size": LARGE})
    trunk.place_call(number_for(pbx))
    came = trunk.wait(lambda leg: leg.inbound and leg.inbound[0].attempts[0].responses, SOON)
    invite: Message | None = trunk.leg().inbound[0].invite.message if trunk.leg().inbound else None
    expect(came, "transport.pbx-large-datagram", f"an INVITE of {LARGE} bytes got no answer", invite, "start")


@pytest.mark.parametrize(
    "impairment",
    [{"loss": 0.02, "seed": 3}, {"duplicate": 1.0}, {"reorder": 0.2, "seed": 5}],
    ids=["loss", "duplicates", "reordering"],
)
@pytest.mark.requirement("transport.pbx-network-faults")
def test_a_bad_network_does_not_stop_calls(
    trunk: TrunkSide, inside_lines: list[InsideLine], pbx: PbxFile, impairment: dict[str, Any]
) -> None:
    """With 2 % loss, with each packet twice, or out of order, calls come about and end."""
    _only_udp(pbx)
    trunk.direct(impairment=impairment)
    what = "a network with " + ", ".join(
        f"{name} {value:g}" for name, value in impairment.items() if name != "seed"
    )
    _still_works(trunk, inside_lines, pbx, "transport.pbx-network-faults", what, LOSSY_PATIENCE)
    trunk.direct()
    _still_works(trunk, inside_lines, pbx, "transport.pbx-network-faults", what)


def _still_works(
    trunk: TrunkSide,
    lines: list[InsideLine],
    pbx: PbxFile,
    requirement: str,
    after: str,
    patience: float = SOON,
) -> None:
    """The PBX takes a call and makes one, or breaks the requirement."""
    line = lines[0]
    if not pbx.supports.lacks("inbound"):
        placed = trunk.place_call(number_for(pbx))
        try:
            line.wait_incoming(max(patience, pbx.timeouts.setup)).answer()
        except WaitTimeout:
            calls = trunk.leg().inbound
            invite = calls[-1].invite.message if calls else None
            expect(False, requirement, f"with {after} the PBX takes no call", invite, "start")
        is_up = trunk.wait_call(placed, lambda shown: shown["state"] == "answered", patience)
        expect(is_up, requirement, f"with {after} an inbound call is not answered")
        trunk.control.hang_up(placed)
        trunk.wait_call(placed, lambda shown: shown["state"] == "ended", patience)
        line.end_calls()
    if not pbx.supports.lacks("outbound"):
        before = len(trunk.leg().outbound)
        call = line.dial(pbx.dial.e164("+17606604690"))
        is_up = trunk.wait(
            lambda leg: len(leg.outbound) > before and leg.outbound[-1].answer,
            max(patience, pbx.timeouts.setup),
        )
        calls = trunk.leg().outbound
        last = calls[-1].attempts[-1].request if len(calls) > before else None
        expect(is_up, requirement, f"with {after} the PBX makes no call", last, "start")
        call.hang_up()
        trunk.wait(lambda leg: is_ended(leg.outbound[-1]), patience)


def _only_udp(pbx: PbxFile) -> None:
    if pbx.pbx.transport != "udp":
        raise NotApplicable(f"over {pbx.pbx.transport.upper()} nothing is lost, doubled or sent again")


def _answers(leg: TrunkLeg) -> int:
    """How many 200 to the trunk's INVITE came."""
    return sum(each.status == 200 for attempt in leg.inbound[0].attempts for each in attempt.responses)


def _acks(leg: TrunkLeg) -> int:
    return sum(len(each.acks) for each in leg.outbound[-1].attempts if 200 <= each.status < 300)


def _refreshes(leg: TrunkLeg) -> bool:
    return any(
        each.request.method in ("INVITE", "UPDATE") and each.first.from_pbx
        for each in leg.outbound[-1].others
    )
