"""The far end of test 6.1 gives the generator the whole flow to do."""

from harness.load.work.answering_side import AnsweringSide
from harness.sip.message import Response, parse_message

SIDE = AnsweringSide(5070)
INVITE = (
    b"INVITE sip:+44@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1\r\n"
    b"Max-Forwards: 70\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:+44@b>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n"
)
END = b"Content-Length: 0\r\n\r\n"


def answers(data: bytes) -> list[Response]:
    parsed = [parse_message(each) for each in SIDE.answers(data)]
    assert all(isinstance(each, Response) for each in parsed)
    return [each for each in parsed if isinstance(each, Response)]


def test_an_invite_is_challenged() -> None:
    [answer] = answers(INVITE + END)
    assert answer.status == 407
    assert answer.headers.get("Proxy-Authenticate") is not None


def test_with_credentials_it_rings_and_answers() -> None:
    ringing, answer = answers(INVITE + b"Proxy-Authorization: Digest x\r\n" + END)
    assert (ringing.status, answer.status) == (180, 200)
    assert answer.headers.get("Contact") == "<sip:far-end@127.0.0.1:5070>"
    assert ";tag=" in str(answer.headers.get("To"))
    assert b"m=audio" in answer.body


def test_an_ack_is_not_answered_and_a_bye_is() -> None:
    assert answers(INVITE.replace(b"INVITE", b"ACK") + END) == []
    assert [each.status for each in answers(INVITE.replace(b"INVITE", b"BYE") + END)] == [200]


def test_a_registration_is_challenged_and_granted() -> None:
    register = INVITE.replace(b"INVITE", b"REGISTER") + b"Contact: <sip:a@h>\r\nExpires: 300\r\n"
    assert answers(register + END)[0].status == 401
    granted = answers(register + b"Authorization: Digest x\r\n" + END)[0]
    assert granted.status == 200
    assert granted.headers.get("Contact") == "<sip:a@h>;expires=300"
