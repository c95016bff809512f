"""Messages that are meant are changed, all others pass as they came."""

import pytest

from harness.faults.message_changes import (
    SUCCESS,
    arriving_over,
    bodies,
    lost,
    redirected,
    requests,
    responses,
    with_body,
    with_other_to_tag,
    with_status,
    without,
)
from harness.faults.mutator import MutatorMaker
from harness.faults.packet_loss import drop
from harness.sip.hop import Hop
from harness.sip.message import Response, parse_message
from tests.harness.faults.packets import CALLEE, packet, request, response

KEEPALIVE = b"\r\n\r\n"
ELSEWHERE = Hop("udp", "10.0.0.9", 5060)


def passed(maker: MutatorMaker, data: bytes) -> list[bytes]:
    return [each.data for each in maker()(packet(data), 0.0)]


def test_a_request_with_one_of_the_methods_is_changed() -> None:
    (changed,) = passed(requests(without("Contact", "Call-ID"), "INVITE", "BYE"), request("BYE"))
    assert b"Contact" not in changed
    assert b"Call-ID" not in changed


@pytest.mark.parametrize("data", [request("OPTIONS"), response(200), KEEPALIVE])
def test_what_is_no_such_request_passes(data: bytes) -> None:
    assert passed(requests(lost, "INVITE"), data) == [data]


def test_a_change_may_lose_the_message() -> None:
    assert passed(requests(lost, "INVITE"), request("INVITE")) == []
    assert passed(responses(lost), response(200)) == []


@pytest.mark.parametrize(
    ("data", "meant"),
    [
        (response(200), True),
        (response(180), False),
        (response(200, "BYE"), False),
        (request("INVITE"), False),
        (KEEPALIVE, False),
    ],
)
def test_responses_are_told_by_method_and_status(data: bytes, meant: bool) -> None:
    changed = passed(responses(without("Contact"), method="INVITE", statuses=SUCCESS), data)
    assert (changed != [data]) == meant


def test_a_changed_status_line_keeps_the_rest() -> None:
    (changed,) = passed(responses(with_status(481, "No")), response(200))
    assert changed == response(200).replace(b"SIP/2.0 200 Anything", b"SIP/2.0 481 No")


def test_the_to_tag_differs_from_status_to_status() -> None:
    tags = []
    for status in (180, 200):
        message = parse_message(response(status))
        assert isinstance(message, Response)
        tags.append(with_other_to_tag(message).to.tag)
    assert tags == ["b-180", "b-200"]


@pytest.mark.parametrize("made", [request("INVITE", body=b"old"), response(200, body=b"old")])
def test_a_changed_body_has_its_own_length(made: bytes) -> None:
    (changed,) = passed(bodies(lambda body: body + b"er"), made)
    assert parse_message(changed).body == b"older"
    assert b"Content-Length: 5\r\n" in changed


@pytest.mark.parametrize("data", [request("BYE"), KEEPALIVE])
def test_what_has_no_body_passes(data: bytes) -> None:
    assert passed(bodies(lambda _body: b"new"), data) == [data]
    assert passed(responses(with_body(lambda _body: b"new")), response(180)) == [response(180)]


def test_a_request_goes_elsewhere_or_nowhere() -> None:
    mutate = redirected(lambda _request, _hop: ELSEWHERE, "BYE")()
    assert [each.destination for each in mutate(packet(request("BYE")), 0.0)] == [ELSEWHERE]
    assert [each.destination for each in mutate(packet(request("ACK")), 0.0)] == [CALLEE]
    assert passed(redirected(lambda _request, _hop: None, "BYE"), request("BYE")) == []


@pytest.mark.parametrize(("transport", "left"), [("udp", 0), ("tcp", 1)])
def test_one_transport_alone_is_changed(transport: str, left: int) -> None:
    assert len(passed(arriving_over(transport, drop(lambda _data: True)), b"x")) == left
