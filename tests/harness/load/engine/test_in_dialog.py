import pytest

from harness.load.engine.outgoing_call import FastCall
from harness.sip.message import Request
from tests.harness.load.engine.wire import CONTACT, ELSEWHERE, SDP, Wire

NUMBER = "+442079460000"


@pytest.fixture
def wire() -> Wire:
    return Wire()


def answered(wire: Wire, *, contact: tuple[str, str] = CONTACT, hold: float | None = None) -> FastCall:
    call = wire.line.call(NUMBER, hold=hold)
    wire.accept(wire.take()[0], contact=contact)
    return call


def inside(wire: Wire, method: str, number: int = 1, body: bytes = b"") -> Request:
    """A request of the far end within the dialog of the last call; the ACK in `wire` tells its names."""
    ack = wire.take()[-1]
    headers = [
        ("Via", f"SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKfar{method}{number};rport"),
        ("Max-Forwards", "70"),
        ("From", ack.headers.get("To") or ""),
        ("To", ack.headers.get("From") or ""),
        ("Call-ID", ack.call_id),
        ("CSeq", f"{number} {method}"),
        CONTACT,
    ]
    return Request.build(method, "sip:x@192.0.2.1:40000", headers, body)


def status_of(wire: Wire, request: Request) -> int:
    wire.receive(bytes(request))
    return wire.answers()[-1].status


def test_a_bye_of_the_far_end_ends_the_call(wire: Wire) -> None:
    call = answered(wire)
    assert status_of(wire, inside(wire, "BYE")) == 200
    assert call.over
    assert wire.attempts[0].completed
    assert wire.attempts[0].bye_sent is None
    assert wire.engine.concurrent == 0


def test_a_bye_before_the_wanted_time_is_named(wire: Wire) -> None:
    answered(wire, hold=30.0)
    assert status_of(wire, inside(wire, "BYE")) == 200
    assert wire.attempts[0].cause == "hung up by the far end"
    wire.pass_time(40)
    assert wire.take() == []


def test_a_repeated_bye_gets_the_same_answer(wire: Wire) -> None:
    answered(wire)
    bye = inside(wire, "BYE")
    assert status_of(wire, bye) == 200
    assert status_of(wire, bye) == 200
    assert len(wire.attempts) == 1


@pytest.mark.parametrize(
    ("method", "status"), [("OPTIONS", 200), ("INFO", 200), ("REFER", 405), ("PRACK", 405), ("FROB", 501)]
)
def test_every_request_gets_an_answer(wire: Wire, method: str, status: int) -> None:
    answered(wire)
    assert status_of(wire, inside(wire, method)) == status


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_a_changed_session_is_answered_with_our_description(wire: Wire, method: str) -> None:
    answered(wire)
    request = inside(wire, method, body=SDP.replace(b"a=rtpmap", b"a=sendonly\r\na=rtpmap"))
    request.headers.add("Content-Type", "application/sdp")
    wire.receive(bytes(request))
    answer = wire.answers()[-1]
    assert answer.status == 200
    assert b"m=audio 9 RTP/AVP 8\r\n" in answer.body
    assert b"a=recvonly" in answer.body
    assert answer.contacts


def test_the_answer_to_a_reinvite_is_repeated_until_its_ack(wire: Wire) -> None:
    answered(wire)
    request = inside(wire, "INVITE", body=SDP)
    wire.receive(bytes(request))
    wire.pass_time(2)
    assert len([answer for answer in wire.answers() if answer.status == 200]) == 3
    ack = Request.build("ACK", request.uri, [each for each in request.headers if each[0] != "Content-Length"])
    ack.headers.set("CSeq", "1 ACK")
    ack.headers.set("Via", "SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKack")
    wire.receive(bytes(ack))
    wire.pass_time(10)
    assert wire.answers() == []


def test_an_offer_without_a_common_codec_is_refused(wire: Wire) -> None:
    answered(wire)
    request = inside(wire, "INVITE", body=SDP.replace(b"RTP/AVP 8\r\na=rtpmap:8 PCMA/8000", b"RTP/AVP 3"))
    assert status_of(wire, request) == 488


def test_requests_out_of_order_and_of_unknown_dialogs_are_refused(wire: Wire) -> None:
    answered(wire)
    request = inside(wire, "INFO", 5)
    assert status_of(wire, request) == 200
    older = bytes(request).replace(b"5 INFO", b"4 INFO").replace(b"farINFO5", b"farINFO4")
    wire.receive(older)
    assert wire.answers()[-1].status == 500
    wire.receive(bytes(request).replace(b"tag=far", b"tag=near").replace(b"farINFO5", b"farINFO6"))
    assert wire.answers()[-1].status == 481


def test_the_dialog_follows_record_route_and_maddr(wire: Wire) -> None:
    call = wire.line.call(NUMBER, hold=None)
    invite = wire.take()[0]
    routes = [("Record-Route", "<sip:192.0.2.77:5070;lr>"), ("Record-Route", "<sip:192.0.2.9;lr>")]
    wire.respond(invite, 200, headers=[*routes, ("Contact", "<sip:far@10.0.0.1>")], body=SDP)
    ack = wire.take()[0]
    assert ack.uri == "sip:far@10.0.0.1"
    assert ack.headers.get_lines("Route") == ["<sip:192.0.2.9;lr>", "<sip:192.0.2.77:5070;lr>"]
    call.hang_up()
    assert wire.take()[0].headers.get_lines("Route") == ["<sip:192.0.2.9;lr>", "<sip:192.0.2.77:5070;lr>"]


@pytest.mark.parametrize(
    ("contact", "host"),
    [("<sip:far@192.0.2.77:5070>", 5070), ("<sip:far@host.example:5070;maddr=192.0.2.77>", 5070)],
)
def test_requests_go_to_the_remote_target(wire: Wire, contact: str, host: int) -> None:
    call = wire.line.call(NUMBER, hold=None)
    wire.accept(wire.take()[0], contact=("Contact", contact))
    assert wire.sent[-1][2] == ELSEWHERE
    call.hang_up()
    assert wire.sent[-1][2] == ELSEWHERE
    assert wire.sent[-1][2].port == host
