"""What the trunk cannot do, and how it says so."""

from collections.abc import Callable

import pytest

from harness.drivers.phone import Phone
from harness.sip.message import Request, Response
from tests.reference_server.trunk_play import play

Change = Callable[[Request], None]


def replaced(name: str, value: str) -> Change:
    return lambda request: request.headers.set(name, value)


def removed(name: str) -> Change:
    return lambda request: request.headers.remove(name)


def raw_answer(method: str, change: Change, uri: str | None = None) -> Response:
    phone = play().phone()
    request = phone.build_request(method, uri)
    change(request)
    phone.send(request)
    phone.wait(1)
    messages = [received.message for received in phone.received]
    responses = [message for message in messages if isinstance(message, Response)]
    assert responses, "no answer"
    return responses[0]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (removed("Call-ID"), "Missing Call-ID header"),
        (removed("From"), "Missing From header"),
        (replaced("CSeq", "1 INVITE"), "Bad CSeq header"),
        (replaced("CSeq", "x OPTIONS"), "Bad CSeq header"),
        (replaced("To", '"open <sip:a@b>'), "Bad To header"),
        (replaced("Content-Length", "99"), "Bad Content-Length header"),
        (replaced("Max-Forwards", "many"), "Bad Max-Forwards header"),
        (lambda request: request.headers.add("From", "<sip:x@y>;tag=2"), "Bad From header"),
    ],
)
def test_a_malformed_request_is_400_and_the_reason_names_the_header(change: Change, reason: str) -> None:
    response = raw_answer("OPTIONS", change)
    assert (response.status, response.reason) == (400, reason)


def test_another_version_is_505() -> None:
    def change(request: Request) -> None:
        request.version = "SIP/3.0"

    assert raw_answer("OPTIONS", change).status == 505


def test_another_scheme_is_416() -> None:
    assert raw_answer("INVITE", lambda _request: None, "http://sip.skype.com").status == 416


def test_max_forwards_0_is_483_but_not_for_options() -> None:
    """RFC 3261 sections 8.1.1.6 and 11."""
    assert raw_answer("INVITE", replaced("Max-Forwards", "0"), "sip:+17606604690@sip.skype.com").status == 483
    assert raw_answer("OPTIONS", replaced("Max-Forwards", "0")).status == 200


def test_what_has_no_dialog_is_481() -> None:
    assert raw_answer("BYE", replaced("To", "<sip:a@b>;tag=none")).status == 481
    assert raw_answer("UPDATE", lambda _request: None).status == 481


def phone() -> Phone:
    return play().phone()


def test_methods_unknown_and_not_allowed_are_501_and_405_with_allow() -> None:
    assert phone().request("FROBNICATE").status == 501
    refused = phone().request("SUBSCRIBE").final
    assert refused.status == 405
    assert "INVITE" in refused.allow


def test_an_unknown_extension_is_420_with_unsupported() -> None:
    refused = phone().request("OPTIONS", headers=[("Require", "100rel, nonsense")]).final
    assert (refused.status, refused.headers.get("Unsupported")) == (420, "nonsense")


def test_a_body_of_unknown_type_is_415_with_accept() -> None:
    refused = phone().request("OPTIONS", headers=[("Content-Type", "text/plain")], body=b"hello").final
    assert (refused.status, refused.headers.get("Accept")) == (415, "application/sdp")


def test_options_tells_what_the_trunk_can_do() -> None:
    answer = phone().request("OPTIONS").final
    assert answer.status == 200
    assert {"INVITE", "ACK", "CANCEL", "OPTIONS", "BYE"} <= set(answer.allow)
    assert answer.headers.get("Accept") == "application/sdp"
    assert answer.headers.get("Server") == "Reference Trunk"


def test_an_offer_without_a_common_codec_is_488_before_anything_rings() -> None:
    offer = (
        b"v=0\r\no=- 1 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\nm=audio 4000 RTP/AVP 3\r\n"
    )
    call = phone().call("+442079460000", sdp=offer)
    call.wait_status(488)
    assert [response.status for response in call.responses] == [407, 488]
    assert "PCMA" in (call.responses[-1].headers.get("Warning") or "")


def test_a_datagram_without_via_is_dropped() -> None:
    lonely = phone()
    lonely.send(b"OPTIONS sip:sip.skype.com SIP/2.0\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n\r\n")
    lonely.send(b"\x00\x01garbage")
    lonely.wait(1)
    assert lonely.received == []
