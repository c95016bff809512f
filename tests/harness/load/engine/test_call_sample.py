from harness.load.engine.call_sample import MOST_A_SECOND
from tests.harness.load.engine.wire import CONTACT, SDP, Wire


def sampled_wire() -> Wire:
    wire = Wire()
    wire.engine.sample = type(wire.engine.sample)(1)
    return wire


def test_a_good_call_has_no_findings() -> None:
    wire = sampled_wire()
    wire.line.call("+1", hold=0.0)
    wire.accept(wire.take()[0])
    wire.respond(wire.take()[-1], 200)
    assert wire.engine.sample.judged == 1
    assert wire.engine.sample.findings == []


def test_a_call_with_faults_has_them_found() -> None:
    wire = sampled_wire()
    wire.line.call("+1", hold=0.0)
    invite = wire.take()[0]
    headers = [("Content-Type", "application/sdp")]
    wire.respond(invite, 200, headers=headers, body=SDP.replace(b"AVP 8", b"AVP 8 3"))
    bye = wire.take()[-1]
    wire.receive(bytes(bye.response(200)).replace(b"2 BYE", b"7 BYE"))
    found = {finding.requirement for finding in wire.engine.sample.findings}
    assert {"call.contact-in-2xx", "media.answer-codec", "call.cseq-copied"} <= found
    assert all(finding.call_id == invite.call_id for finding in wire.engine.sample.findings)
    assert all(finding.message for finding in wire.engine.sample.findings)


def test_a_malformed_answer_is_found() -> None:
    wire = sampled_wire()
    wire.line.call("+1", hold=None)
    invite = wire.take()[0]
    wire.respond(invite, 486, headers=[CONTACT, ("Contact", "<<sip:broken")])
    assert [each.requirement for each in wire.engine.sample.findings] != []


def test_one_call_of_many_is_judged_and_not_too_many_a_second() -> None:
    wire = Wire()
    taken = sum(wire.engine.sample.takes(1000.0) for _ in range(400))
    assert taken == 4
    many = type(wire.engine.sample)(1)
    assert sum(many.takes(1000.0) for _ in range(100)) == MOST_A_SECOND
