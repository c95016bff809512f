import pytest

from harness.load.engine.answering import Answering
from harness.sip.message import Request
from tests.harness.load.engine.wire import CONTACT, SDP, Wire

USER = "99051000000231"


@pytest.fixture
def wire() -> Wire:
    return Wire()


def invite(wire: Wire, name: str = "one", user: str = USER, body: bytes = SDP) -> Request:
    headers = [
        ("Via", f"SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK{name};rport"),
        ("Max-Forwards", "70"),
        ("From", "<sip:+1@sip.example>;tag=caller"),
        ("To", f"<sip:{user}@sip.example>"),
        ("Call-ID", name),
        ("CSeq", "1 INVITE"),
        CONTACT,
    ]
    if body:
        headers.append(("Content-Type", "application/sdp"))
    request = Request.build("INVITE", f"sip:{user}@192.0.2.1:40000", headers, body)
    wire.receive(bytes(request))
    return request


def follow(wire: Wire, request: Request, method: str, tag: str, number: int = 1) -> None:
    own = "" if method in ("CANCEL",) else method
    headers = [
        ("Via", f"SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK{request.call_id}{own};rport"),
        ("Max-Forwards", "70"),
        ("From", request.headers.get("From") or ""),
        ("To", (request.headers.get("To") or "") + (f";tag={tag}" if tag else "")),
        ("Call-ID", request.call_id),
        ("CSeq", f"{number} {method}"),
    ]
    uri = request.uri
    wire.receive(bytes(Request.build(method, uri, headers)))


def tag_of(wire: Wire) -> str:
    tag = next(message.to.tag for _, message, _ in reversed(wire.sent) if message.to.tag)
    assert tag is not None
    return tag


def test_a_call_is_rung_answered_and_ended_by_the_caller(wire: Wire) -> None:
    request = invite(wire)
    tag = tag_of(wire)
    ringing, answer = wire.answers()
    assert (ringing.status, answer.status) == (180, 200)
    assert b"m=audio 9 RTP/AVP 8" in answer.body
    follow(wire, request, "ACK", tag)
    assert wire.engine.concurrent == 1
    wire.now += 5
    follow(wire, request, "BYE", tag, 2)
    assert [each.status for each in wire.answers()] == [200]
    (attempt,) = wire.attempts
    assert (attempt.kind, attempt.completed, attempt.cause, attempt.status) == ("answer", True, "", 200)
    assert attempt.ended - attempt.started == pytest.approx(5)
    assert wire.engine.in_progress == wire.engine.concurrent == 0


def test_an_answer_is_repeated_until_its_ack_and_then_the_call_is_ended(wire: Wire) -> None:
    invite(wire)
    wire.answers()
    wire.pass_time(31)
    assert len(wire.answers()) == 9
    wire.pass_time(2)
    assert wire.take()[0].method == "BYE"
    wire.pass_time(40)
    assert wire.attempts[0].cause == "no ACK"


def test_we_hang_up_after_the_hold_time(wire: Wire) -> None:
    wire.line.answer = Answering(hold=3.0)
    request = invite(wire)
    follow(wire, request, "ACK", tag_of(wire))
    wire.answers()
    wire.pass_time(3.1)
    bye = wire.take()[0]
    assert (bye.method, bye.uri, bye.to.tag) == ("BYE", "sip:far@192.0.2.9:5060", "caller")
    wire.respond(bye, 200)
    assert wire.attempts[0].completed
    assert wire.attempts[0].bye_answered is not None


def test_a_ringing_call_can_be_cancelled(wire: Wire) -> None:
    wire.line.answer = Answering(ring=5.0)
    request = invite(wire)
    wire.answers()
    follow(wire, request, "CANCEL", "")
    assert sorted(each.status for each in wire.answers()) == [200, 487]
    assert wire.attempts[0].cause == "CANCEL by the caller"
    wire.pass_time(10)
    assert {each.status for each in wire.answers()} == {487}


def test_a_call_beyond_the_limit_is_refused(wire: Wire) -> None:
    wire.line.answer = Answering(channels=1)
    invite(wire, "one")
    wire.answers()
    request = invite(wire, "two")
    assert [each.status for each in wire.answers()] == [486]
    follow(wire, request, "ACK", "x")
    assert wire.attempts[0].status == 486
    assert wire.engine.in_progress == 1


def test_a_line_can_refuse(wire: Wire) -> None:
    wire.line.answer = Answering(status=603, ring=None)
    invite(wire)
    assert [each.status for each in wire.answers()] == [603]


def test_an_invite_without_an_offer_gets_one(wire: Wire) -> None:
    invite(wire, body=b"")
    assert b"m=audio" in wire.answers()[-1].body


def test_an_unknown_user_is_not_found_when_there_are_several(wire: Wire) -> None:
    wire.engine.line(type("Other", (), {"sip_username": "other", "password": ""})())
    invite(wire, user="nobody")
    assert [each.status for each in wire.answers()] == [404]


def test_a_repeated_invite_gets_no_second_call(wire: Wire) -> None:
    request = invite(wire)
    wire.receive(bytes(request))
    assert wire.engine.in_progress == 1


def test_options_are_answered(wire: Wire) -> None:
    request = invite(wire)
    wire.answers()
    data = bytes(request).replace(b"INVITE", b"OPTIONS").replace(b"z9hG4bKone", b"z9hG4bKtwo")
    wire.receive(data)
    assert wire.answers()[-1].status == 200


def test_nothing_is_remembered_of_incoming_calls_that_are_over(wire: Wire) -> None:
    request = invite(wire)
    tag = tag_of(wire)
    follow(wire, request, "ACK", tag)
    follow(wire, request, "BYE", tag, 2)
    wire.pass_time(70)
    assert wire.engine.next_timer() is None
