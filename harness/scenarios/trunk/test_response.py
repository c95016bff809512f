"""Responses: what every one of them repeats of its request (RFC 3261 section 8.2.6.2)."""

import contextlib

import pytest

from harness.checks.expect import expect, expect_rule, given
from harness.checks.response import (
    content_length_counts,
    cseq_copied,
    from_and_call_id_copied,
    to_tag_added,
    to_tag_stable,
    via_copied,
)
from harness.checks.transaction_pairs import TransactionPair, transaction_pairs
from harness.drivers.errors import WaitTimeout
from harness.drivers.phone import Phone
from harness.settings.target import Numbers


def transactions_of_a_call(phone: Phone, number: str) -> list[TransactionPair]:
    """All requests of a call with their responses, challenge and release included, however far it got."""
    call = phone.call(number)
    with contextlib.suppress(WaitTimeout):
        call.wait_answered(timeout=1.5)
        call.hang_up(timeout=0.5)
    with given("responses"):
        pairs = [
            pair for pair in transaction_pairs(phone.driver.trace.of_call(call.call_id)) if pair.responses
        ]
        assert pairs, "nothing came back"
    return pairs


@pytest.mark.requirement("call.cseq-copied")
def test_cseq_is_repeated(phone: Phone, numbers: Numbers) -> None:
    """Every response of a call repeats the CSeq of its request."""
    for pair in transactions_of_a_call(phone, numbers.answers):
        for response in pair.messages:
            expect_rule(cseq_copied(pair.request, response))


@pytest.mark.requirement("call.from-copied")
def test_from_and_call_id_are_repeated(phone: Phone, numbers: Numbers) -> None:
    """Every response of a call repeats From with its tag, and Call-ID."""
    for pair in transactions_of_a_call(phone, numbers.answers):
        for response in pair.messages:
            expect_rule(from_and_call_id_copied(pair.request, response))


@pytest.mark.requirement("call.to-tag")
def test_a_to_tag_is_added(phone: Phone, numbers: Numbers) -> None:
    """Every response of a call but 100 carries a To-tag."""
    for pair in transactions_of_a_call(phone, numbers.answers):
        for response in pair.messages:
            expect_rule(to_tag_added(response))


@pytest.mark.requirement("call.to-tag-stable")
def test_the_to_tag_stays(phone: Phone, numbers: Numbers) -> None:
    """180 and 200 of one INVITE carry the same To-tag."""
    for pair in transactions_of_a_call(phone, numbers.answers):
        expect_rule(to_tag_stable(pair.messages))


@pytest.mark.requirement("call.via-copied")
def test_all_vias_are_repeated_in_order(phone: Phone) -> None:
    """A request that came over a proxy: both Via values come back in their order."""
    request = phone.build_request("OPTIONS")
    request.headers.add("Via", "SIP/2.0/UDP 192.0.2.33:5070;branch=z9hG4bKphone.behind.the.proxy")
    phone.send(request)
    phone.wait(0.3)
    pairs = [
        pair for pair in transaction_pairs(phone.driver.trace.of_call(request.call_id)) if pair.responses
    ]
    with given("an answer to OPTIONS with two Via values"):
        assert pairs, "nothing came back"
    for response in pairs[0].messages:
        expect_rule(via_copied(pairs[0].request, response))


@pytest.mark.requirement("call.rport")
def test_rport_is_filled_and_obeyed(udp_phone: Phone) -> None:
    """A request with rport and a sent-by that leads nowhere is answered at its source."""
    request = udp_phone.build_request("OPTIONS")
    request.headers.set("Via", f"SIP/2.0/UDP 192.0.2.77:5999;rport;branch={request.branch}")
    udp_phone.send(request)
    udp_phone.wait(0.3)
    found = transaction_pairs(udp_phone.driver.trace.of_call(request.call_id))[0].messages
    expect(found, "call.rport", "nothing came back to the source of the request", request, "Via")
    via = found[0].via
    seen = f"Via came back as {found[0].headers.get('Via')!r}"
    filled = via.rport == udp_phone.local.port and via.received == udp_phone.local.host
    expect(filled, "call.rport", seen, found[0], "Via")


@pytest.mark.requirement("capability.content-length")
def test_content_length_is_right(phone: Phone, numbers: Numbers) -> None:
    """Content-Length of every response of a call is the length of its body."""
    for pair in transactions_of_a_call(phone, numbers.answers):
        for response, data in pair.responses:
            expect_rule(content_length_counts(data, response))
