"""Requests and responses are paired by branch, whatever else is wrong with the response."""

from harness.capture.trace import Trace
from harness.checks.transaction_pairs import transaction_pairs
from harness.sip.hop import Hop, Packet
from tests.harness.checks.messages import INVITE, response

PHONE, TRUNK = Hop("udp", "127.0.0.1", 5070), Hop("udp", "127.0.0.1", 5060)


def trace_of(*answers: bytes) -> Trace:
    trace = Trace()
    trace.append(1.0, Packet(INVITE, PHONE, TRUNK), "sip")
    for data in answers:
        trace.append(2.0, Packet(data, TRUNK, PHONE), "sip")
    return trace


def test_a_response_with_a_wrong_cseq_is_still_paired() -> None:
    pairs = transaction_pairs(trace_of(bytes(response(180, CSeq="99 INVITE")), bytes(response(200))))
    assert [[each.status for each in pair.messages] for pair in pairs] == [[180, 200]]


def test_a_response_with_swapped_vias_is_still_paired() -> None:
    answer = response()
    first, second = answer.headers.get_all("Via")
    answer.headers.set("Via", f"{second}, {first}")
    assert len(transaction_pairs(trace_of(bytes(answer)))[0].responses) == 1


def test_a_repeated_request_is_one_transaction() -> None:
    trace = trace_of()
    trace.append(1.5, Packet(INVITE, PHONE, TRUNK), "sip")
    assert len(transaction_pairs(trace)) == 1


def test_unreadable_packets_are_passed_over() -> None:
    assert len(transaction_pairs(trace_of(b"SIP/2.0 what\r\n\r\n"))) == 1
