"""Reliable provisional responses (RFC 3262)."""

import pytest

from harness.sip.errors import LocalError, ParseError
from harness.sip.message import Request, Response
from harness.sip.reliable_provisional import (
    Arrival,
    RAck,
    ReliableReceiver,
    ReliableSender,
    UnacknowledgedResponse,
    is_reliable,
)
from tests.harness.sip.transaction_play import peer_via, request


def provisional(rseq: int, tag: str = "b1", *, require: str = "100rel") -> Response:
    """A 183 to INVITE 1."""
    headers = [("Require", require), ("RSeq", str(rseq))]
    return request("INVITE", via=peer_via()).response(183, to_tag=tag, headers=headers)


def prack(rack: str) -> Request:
    """The peer's PRACK."""
    return request("PRACK", ("RAck", rack), cseq=2, to_tag="b1", via=peer_via())


def sender_with_response() -> ReliableSender:
    """A sender whose response with RSeq 7 was sent at 0.0."""
    sender = ReliableSender(7)
    sender.sent(provisional(7), 0.0)
    return sender


class TestSender:
    """RFC 3262 section 3."""

    def test_it_repeats_from_t1_in_doubling_intervals_for_64_t1(self) -> None:
        sender = sender_with_response()
        times = []
        while (at := sender.next_timer()) is not None:
            if sender.due(at) is not None:
                times.append(at)
        assert times == [0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
        assert sender.has_failed

    def test_nothing_is_due_early(self) -> None:
        assert sender_with_response().due(0.4) is None

    def test_the_prack_ends_the_repetition_and_counts_on(self) -> None:
        sender = sender_with_response()
        assert sender.acknowledge(prack("7 1 INVITE"))
        assert sender.next_timer() is None
        assert sender.headers == (("Require", "100rel"), ("RSeq", "8"))
        assert not sender.acknowledge(prack("7 1 INVITE"))

    @pytest.mark.parametrize("rack", ["8 1 INVITE", "7 2 INVITE", "7 1 UPDATE"])
    def test_a_prack_of_something_else_does_not_match(self, rack: str) -> None:
        sender = sender_with_response()
        assert not sender.acknowledge(prack(rack))
        assert sender.response is not None

    def test_a_second_response_has_to_wait_for_the_prack(self) -> None:
        sender = sender_with_response()
        with pytest.raises(UnacknowledgedResponse, match="RSeq 7 has no PRACK yet"):
            sender.sent(provisional(8), 1.0)

    def test_a_final_response_ends_the_repetition(self) -> None:
        sender = sender_with_response()
        sender.stop()
        assert sender.due(100.0) is None
        assert not sender.has_failed

    @pytest.mark.parametrize("first", [0, 2**31])
    def test_the_first_number_has_its_limits(self, first: int) -> None:
        with pytest.raises(LocalError, match="draw it from 1"):
            ReliableSender(first)


class TestReceiver:
    """RFC 3262 section 4."""

    def test_responses_are_taken_in_order_and_once(self) -> None:
        receiver = ReliableReceiver()
        arrivals = [receiver.receive(provisional(number)) for number in (5, 5, 7, 6, 7, 6)]
        assert arrivals == [
            Arrival.NEW,
            Arrival.REPEATED,
            Arrival.OUT_OF_ORDER,
            Arrival.NEW,
            Arrival.NEW,
            Arrival.REPEATED,
        ]

    def test_each_early_dialog_counts_for_itself(self) -> None:
        receiver = ReliableReceiver()
        assert receiver.receive(provisional(5, "b1")) is Arrival.NEW
        assert receiver.receive(provisional(900, "b2")) is Arrival.NEW

    def test_without_require_it_is_not_reliable(self) -> None:
        response = provisional(5, require="timer")
        assert not is_reliable(response)
        assert ReliableReceiver().receive(response) is Arrival.UNRELIABLE

    def test_a_100_is_never_reliable(self) -> None:
        response = request("INVITE", via=peer_via()).response(
            100, headers=[("Require", "100rel"), ("RSeq", "1")]
        )
        assert not is_reliable(response)

    def test_a_number_out_of_range_is_refused(self) -> None:
        with pytest.raises(ParseError, match=r"rseq\.number"):
            ReliableReceiver().receive(provisional(2**32))

    def test_the_prack_names_response_and_request(self) -> None:
        assert ReliableReceiver.prack_headers(provisional(5)) == (("RAck", "5 1 INVITE"),)


def test_a_rack_is_read_and_written() -> None:
    assert str(RAck.parse(" 776656  1 INVITE ")) == "776656 1 INVITE"


@pytest.mark.parametrize("text", ["", "1 INVITE", "a 1 INVITE", "1 1 INVITE x"])
def test_a_rack_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(ParseError):
        RAck.parse(text)
