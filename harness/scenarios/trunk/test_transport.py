"""Transport: calls over TCP and TLS, how connections are used, what a stream or a datagram may hold."""

from itertools import pairwise

import pytest

from harness.checks.breach import NotApplicable
from harness.checks.expect import expect, expect_status, expecting, given
from harness.drivers.phone import Phone
from harness.pytest_plugin.control import Control
from harness.pytest_plugin.fixtures import MakePhone
from harness.scenarios.steps import final_answer
from harness.settings.target import Numbers, Profile, TargetSettings
from harness.sip.hop import Hop
from harness.sip.message import Message

SOON = 2.0
"""Seconds within which what is waited for must come."""
TONE = 1004
"""Hz; heard again from the echo number."""
BEYOND_THE_MTU = 2600
"""Characters in the Subject that make an INVITE of more than 3000 bytes; Ethernet carries 1500."""


@pytest.fixture
def tcp_phone(make_phone: MakePhone) -> Phone:
    """A phone of the main profile that speaks TCP."""
    return make_phone(transport="tcp")


def registers_and_calls(phone: Phone, number: str, requirement: str) -> None:
    """The phone registers, calls the echo number and hears itself."""
    with expecting(requirement):
        answer = phone.register(timeout=SOON).exchange.final
        expect_status(answer, 200, requirement)
        call = phone.call(number)
        expect_status(final_answer(call), 200, requirement)
        call.play_tone(TONE).wait_tone(TONE, timeout=SOON)
        call.hang_up(timeout=SOON)


def way_of(phone: Phone, message: Message) -> Hop:
    """The far end of the connection that a message came over."""
    wanted = (message.call_id, message.cseq)
    return next(
        received.packet.source
        for received in reversed(phone.received)
        if (each := received.message) is not None and (each.call_id, each.cseq) == wanted
    )


@pytest.mark.usefixtures("plain_call", "registered_phone")
@pytest.mark.requirement("transport.tcp-call")
def test_a_phone_registers_and_calls_over_tcp(tcp_phone: Phone, numbers: Numbers) -> None:
    """Over TCP a phone registers, calls the echo number and hears itself."""
    registers_and_calls(tcp_phone, numbers.echo, "transport.tcp-call")


@pytest.mark.usefixtures("plain_call", "registered_phone")
@pytest.mark.requirement("transport.tls-call")
def test_a_phone_registers_and_calls_over_tls(
    make_phone: MakePhone, target: TargetSettings, numbers: Numbers
) -> None:
    """Over TLS a phone registers, calls the echo number and hears itself."""
    if target.target.tls_address is None and target.target.transport != "tls":
        raise NotApplicable("target.toml has no tls_address")
    registers_and_calls(make_phone(transport="tls"), numbers.echo, "transport.tls-call")


@pytest.mark.requirement("transport.response-connection")
def test_the_response_takes_the_requests_connection(tcp_phone: Phone) -> None:
    """The answer to OPTIONS comes over the connection that the phone opened."""
    with expecting("transport.response-connection"):
        answer = tcp_phone.request("OPTIONS", timeout=SOON).final
    way = way_of(tcp_phone, answer)
    seen = f"the response came over another connection, from {way}"
    expect(way == tcp_phone.account.registrar, "transport.response-connection", seen, answer, "Via")


@pytest.mark.requirement("transport.messages-in-one-segment")
def test_two_messages_in_one_segment(tcp_phone: Phone) -> None:
    """Two OPTIONS in one TCP segment are both answered."""
    with given("an answer over TCP"):
        tcp_phone.request("OPTIONS", timeout=SOON)
    first, second = tcp_phone.build_request("OPTIONS"), tcp_phone.build_request("OPTIONS")
    tcp_phone.send(bytes(first) + bytes(second))
    for request in (first, second):
        with expecting("transport.messages-in-one-segment", request):
            answer = tcp_phone.wait_response_to(request, timeout=SOON)
        expect_status(answer, 200, "transport.messages-in-one-segment")


@pytest.mark.requirement("transport.message-in-segments")
def test_one_message_in_several_segments(tcp_phone: Phone) -> None:
    """OPTIONS in three TCP segments, cut within its lines, is answered as one."""
    with given("an answer over TCP"):
        tcp_phone.request("OPTIONS", timeout=SOON)
    request = tcp_phone.build_request("OPTIONS")
    data = bytes(request)
    cuts = (0, 5, len(data) // 2, len(data))
    for start, end in pairwise(cuts):
        tcp_phone.send(data[start:end])
        tcp_phone.wait(0.05)
    with expecting("transport.message-in-segments", request):
        answer = tcp_phone.wait_response_to(request, timeout=SOON)
    expect_status(answer, 200, "transport.message-in-segments")


@pytest.mark.requirement("transport.inbound-connection")
def test_a_call_comes_over_the_registered_connection(
    tcp_phone: Phone, control: Control, profile: Profile
) -> None:
    """A phone that registered over TCP gets its call over the same connection."""
    with given("a phone registered over TCP"):
        assert tcp_phone.register(timeout=SOON).status == 200
    control.place_call(profile.sip_username)
    with expecting("transport.inbound-connection"):
        invite = tcp_phone.wait_call(timeout=SOON).invite
    way = way_of(tcp_phone, invite)
    seen = f"the INVITE came over another connection, from {way}"
    expect(way == tcp_phone.account.registrar, "transport.inbound-connection", seen, invite, "start")


@pytest.mark.usefixtures("plain_call")
@pytest.mark.requirement("transport.large-datagram")
def test_an_invite_larger_than_the_mtu(make_phone: MakePhone, numbers: Numbers) -> None:
    """INVITE of more than 3000 bytes is answered over UDP."""
    call = make_phone(transport="udp").call(
        numbers.answers, headers=[("Subject", "long " * (BEYOND_THE_MTU // 5))]
    )
    with expecting("transport.large-datagram", call.invite):
        answer = final_answer(call)
    expect_status(answer, 200, "transport.large-datagram")
