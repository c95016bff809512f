"""Client transactions as plays: what goes in, what comes out, and when (RFC 3261 section 17.1)."""

import pytest

from harness.sip.hop import Hop
from harness.sip.message import Request, Response
from harness.sip.transaction import ClientTransaction
from harness.sip.transaction_events import (
    ResponseReceived,
    StrayResponse,
    TransactionTimedOut,
    TransportFailed,
)
from tests.harness.sip.transaction_play import OURS, THEIRS, Play, request


def send(play: Play, method: str, *headers: tuple[str, str]) -> ClientTransaction:
    """We send a request now; it is taken off the list of sent packets."""
    transaction = play.layer.send_request(request(method, *headers), play.ours, play.theirs, play.now)
    assert play.sent() == [method]
    return transaction


def answer(play: Play, transaction: ClientTransaction, status: int) -> Response:
    """The peer answers now."""
    response = transaction.request.response(status, to_tag="b1")
    play.receive(response)
    return response


class TestInviteClient:
    """RFC 3261 section 17.1.1 and RFC 6026."""

    def test_the_request_gets_our_via_with_a_magic_branch_and_rport(self) -> None:
        play = Play()
        transaction = send(play, "INVITE")
        via = transaction.request.via
        assert (via.transport, via.host, via.port) == ("UDP", OURS.host, OURS.port)
        assert via.branch.startswith("z9hG4bK")
        assert "rport" in via.params

    def test_a_via_of_the_owners_is_kept(self) -> None:
        play = Play()
        own = request("INVITE", via="SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKmine")
        transaction = play.layer.send_request(own, OURS, THEIRS, 0.0)
        assert (transaction.branch, len(own.vias)) == ("z9hG4bKmine", 1)

    def test_timer_a_doubles_and_timer_b_ends_it(self) -> None:
        play = Play()
        transaction = send(play, "INVITE")
        assert [at for at, _ in play.run_until(100.0)] == [0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
        assert play.events() == [TransactionTimedOut(transaction)]
        assert transaction.state == "Terminated"
        assert play.layer.client_transactions == 0

    def test_timer_b_fires_at_64_t1(self) -> None:
        play = Play()
        send(play, "INVITE")
        play.run_until(31.9)
        assert play.events() == []
        play.run_until(32.0)
        assert play.event_names() == ["TransactionTimedOut"]

    def test_nothing_is_repeated_over_tcp(self) -> None:
        play = Play("tcp")
        send(play, "INVITE")
        assert play.run_until(100.0) == []
        assert play.event_names() == ["TransactionTimedOut"]

    def test_a_provisional_response_ends_retransmission_for_ever(self) -> None:
        play = Play()
        transaction = send(play, "INVITE")
        answer(play, transaction, 180)
        assert transaction.state == "Proceeding"
        assert play.run_until(1000.0) == []
        assert play.event_names() == ["ResponseReceived"]

    def test_each_provisional_response_is_passed_up(self) -> None:
        play = Play()
        transaction = send(play, "INVITE")
        for status in (100, 180, 180):
            answer(play, transaction, status)
        events = play.events()
        assert [event.response.status for event in events if isinstance(event, ResponseReceived)] == [
            100,
            180,
            180,
        ]

    @pytest.mark.parametrize("after_provisional", [False, True])
    def test_a_failure_is_acknowledged_and_each_repetition_again(self, after_provisional: bool) -> None:
        play = Play()
        transaction = send(play, "INVITE", ("Route", "<sip:proxy.example.com;lr>"))
        if after_provisional:
            answer(play, transaction, 100)
        answer(play, transaction, 486)
        answer(play, transaction, 486)
        first, second = play.sent_messages()
        assert bytes(first) == bytes(second)
        assert isinstance(first, Request)
        assert (first.method, first.uri) == ("ACK", "sip:bob@example.com")
        assert (first.to.tag, str(first.cseq)) == ("b1", "1 ACK")
        assert first.headers.get("Via") == transaction.request.headers.get("Via")
        assert first.headers.get("Route") == "<sip:proxy.example.com;lr>"
        assert transaction.state == "Completed"
        assert play.event_names().count("ResponseReceived") == 1 + after_provisional

    def test_timer_d_forgets_it_after_32_seconds(self) -> None:
        play = Play()
        transaction = send(play, "INVITE")
        answer(play, transaction, 404)
        play.run_until(31.9)
        assert transaction.state == "Completed"
        play.run_until(32.0)
        assert transaction.state == "Terminated"

    def test_timer_d_is_zero_over_tcp(self) -> None:
        play = Play("tcp")
        transaction = send(play, "INVITE")
        answer(play, transaction, 404)
        assert play.sent() == ["ACK"]
        assert transaction.state == "Terminated"
        assert play.layer.next_timer() is None

    def test_every_2xx_is_passed_up_until_timer_m(self) -> None:
        play = Play()
        transaction = send(play, "INVITE")
        answer(play, transaction, 200)
        answer(play, transaction, 200)
        assert play.event_names() == ["ResponseReceived", "ResponseReceived"]
        assert play.sent() == []  # the ACK is the owner's
        assert transaction.state == "Accepted"
        play.run_until(32.0)
        answer(play, transaction, 200)
        assert play.event_names() == ["StrayResponse"]

    def test_a_2xx_after_a_failure_is_a_stray(self) -> None:
        play = Play()
        transaction = send(play, "INVITE")
        answer(play, transaction, 404)
        answer(play, transaction, 180)
        answer(play, transaction, 200)
        assert play.event_names() == ["ResponseReceived", "StrayResponse"]

    def test_a_failure_after_a_2xx_is_a_stray(self) -> None:
        play = Play()
        transaction = send(play, "INVITE")
        answer(play, transaction, 200)
        answer(play, transaction, 100)
        answer(play, transaction, 500)
        assert play.event_names() == ["ResponseReceived", "StrayResponse"]

    @pytest.mark.parametrize("status", [None, 180])
    def test_a_transport_error_ends_it(self, status: int | None) -> None:
        play = Play()
        transaction = send(play, "INVITE")
        if status:
            answer(play, transaction, status)
            play.events()
        play.layer.transport_failed(THEIRS, 0.1)
        assert play.events() == [TransportFailed(transaction, THEIRS)]
        assert play.layer.next_timer() is None

    def test_a_transport_error_elsewhere_does_not(self) -> None:
        play = Play()
        transaction = send(play, "INVITE")
        play.layer.transport_failed(Hop("udp", "192.0.2.9", 5060), 0.1)
        assert transaction.state == "Calling"


class TestNonInviteClient:
    """RFC 3261 section 17.1.2."""

    def test_timer_e_doubles_up_to_t2_and_timer_f_ends_it(self) -> None:
        play = Play()
        transaction = send(play, "OPTIONS")
        times = [at for at, _ in play.run_until(100.0)]
        assert times == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
        assert play.events() == [TransactionTimedOut(transaction)]

    def test_after_a_provisional_response_it_is_repeated_every_t2(self) -> None:
        """Figure 6: E is reset to T2 when it fires in Proceeding."""
        play = Play()
        transaction = send(play, "OPTIONS")
        answer(play, transaction, 100)
        assert [at for at, _ in play.run_until(13.0)] == [0.5, 4.5, 8.5, 12.5]
        play.run_until(32.0)
        assert play.event_names() == ["ResponseReceived", "TransactionTimedOut"]

    def test_one_final_response_is_passed_up_until_timer_k(self) -> None:
        play = Play()
        transaction = send(play, "REGISTER")
        for status in (401, 401, 200, 100):
            answer(play, transaction, status)
        assert play.event_names() == ["ResponseReceived"]
        assert play.run_until(4.9) == []
        assert transaction.state == "Completed"
        play.run_until(5.0)
        assert transaction.state == "Terminated"

    def test_timer_k_is_zero_over_tcp(self) -> None:
        play = Play("tcp")
        transaction = send(play, "REGISTER")
        answer(play, transaction, 200)
        assert transaction.state == "Terminated"

    def test_it_is_not_repeated_over_tls_but_times_out(self) -> None:
        play = Play("tls")
        send(play, "REGISTER")
        assert play.run_until(32.0) == []
        assert play.event_names() == ["TransactionTimedOut"]

    @pytest.mark.parametrize("status", [None, 100])
    def test_a_transport_error_ends_it(self, status: int | None) -> None:
        play = Play()
        transaction = send(play, "OPTIONS")
        if status:
            answer(play, transaction, status)
            play.events()
        play.layer.transport_failed(THEIRS, 0.1)
        assert play.events() == [TransportFailed(transaction, THEIRS)]

    def test_a_transport_error_after_the_answer_is_no_news(self) -> None:
        play = Play()
        transaction = send(play, "OPTIONS")
        answer(play, transaction, 200)
        play.layer.transport_failed(THEIRS, 0.1)
        assert play.event_names() == ["ResponseReceived"]


class TestCancel:
    """RFC 3261 section 9.1."""

    def test_it_waits_for_a_provisional_response(self) -> None:
        play = Play()
        transaction = send(play, "INVITE", ("Route", "<sip:proxy.example.com;lr>"))
        play.layer.cancel(transaction, 0.0)
        assert play.sent() == []
        answer(play, transaction, 100)
        (cancel,) = play.sent_messages()
        assert isinstance(cancel, Request)
        invite = transaction.request
        assert (cancel.method, cancel.uri, str(cancel.cseq)) == ("CANCEL", invite.uri, "1 CANCEL")
        for name in ("Via", "From", "To", "Call-ID", "Route"):
            assert cancel.headers.get(name) == invite.headers.get(name)

    def test_it_is_sent_once_however_often_asked_for(self) -> None:
        play = Play()
        transaction = send(play, "INVITE")
        answer(play, transaction, 180)
        for _ in range(3):
            play.layer.cancel(transaction, 0.0)
        assert play.sent() == ["CANCEL"]
        answer(play, transaction, 180)
        assert play.sent() == []

    def test_it_is_not_sent_after_the_final_response(self) -> None:
        play = Play()
        transaction = send(play, "INVITE")
        answer(play, transaction, 200)
        play.layer.cancel(transaction, 0.0)
        assert play.sent() == []

    def test_it_is_not_sent_when_the_final_response_comes_first(self) -> None:
        play = Play()
        transaction = send(play, "INVITE")
        play.layer.cancel(transaction, 0.0)
        answer(play, transaction, 486)
        assert play.sent() == ["ACK"]

    def test_its_own_answer_names_the_invite(self) -> None:
        play = Play()
        transaction = send(play, "INVITE")
        answer(play, transaction, 180)
        play.layer.cancel(transaction, 0.0)
        assert transaction.cancel_transaction is not None
        answer(play, transaction.cancel_transaction, 200)
        _, event = play.events()
        assert isinstance(event, ResponseReceived)
        assert event.transaction.cancels is transaction

    def test_the_487_ends_the_invite(self) -> None:
        play = Play()
        transaction = send(play, "INVITE")
        answer(play, transaction, 180)
        play.layer.cancel(transaction, 0.0)
        answer(play, transaction, 487)
        assert play.sent() == ["CANCEL", "ACK"]
        assert transaction.state == "Completed"

    def test_without_any_answer_the_invite_times_out_64_t1_later(self) -> None:
        play = Play()
        transaction = send(play, "INVITE")
        answer(play, transaction, 180)
        play.run_until(10.0)
        play.events()
        play.layer.cancel(transaction, play.now)
        play.run_until(41.9)
        assert play.events() == []
        play.run_until(42.0)
        assert play.events() == [TransactionTimedOut(transaction)]
        assert play.layer.client_transactions == 0

    def test_it_carries_header_fields_of_the_owner(self) -> None:
        play = Play()
        transaction = send(play, "INVITE")
        play.layer.cancel(transaction, 0.0, [("Reason", "SIP;cause=200")])
        answer(play, transaction, 100)
        (cancel,) = play.sent_messages()
        assert cancel.headers.get("Reason") == "SIP;cause=200"


class TestStrays:
    """RFC 3261 sections 17.1.3 and 18.1.2."""

    def test_a_response_with_another_branch_is_a_stray(self) -> None:
        play = Play()
        response = request("OPTIONS", via="SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKnone").response(200)
        play.receive(response)
        (event,) = play.events()
        assert isinstance(event, StrayResponse)

    def test_a_response_to_another_method_is_a_stray(self) -> None:
        play = Play()
        transaction = send(play, "INVITE")
        response = transaction.request.response(200, to_tag="b1")
        response.headers.set("CSeq", "1 CANCEL")
        play.receive(response)
        assert play.event_names() == ["StrayResponse"]

    @pytest.mark.parametrize("sent_by", ["192.0.2.99:5060", "192.0.2.1:5061", "192.0.2.1:50600"])
    def test_a_response_whose_sent_by_is_not_ours_is_a_stray(self, sent_by: str) -> None:
        play = Play()
        transaction = send(play, "OPTIONS")
        response = transaction.request.response(200, to_tag="b1")
        response.headers.set("Via", f"SIP/2.0/UDP {sent_by};branch={transaction.branch};rport")
        play.receive(response)
        assert play.event_names() == ["StrayResponse"]

    def test_white_space_in_the_via_does_not_matter(self) -> None:
        play = Play()
        transaction = send(play, "OPTIONS")
        response = transaction.request.response(200, to_tag="b1")
        response.headers.set(
            "Via", f"SIP / 2.0 / UDP 192.0.2.1 : 5060 ;branch={transaction.branch};rport=5060"
        )
        play.receive(response)
        assert play.event_names() == ["ResponseReceived"]

    def test_a_dropped_transaction_is_forgotten_without_a_word(self) -> None:
        play = Play()
        transaction = send(play, "OPTIONS")
        play.layer.drop(transaction)
        assert play.run_until(100.0) == []
        answer(play, transaction, 200)
        assert play.event_names() == ["StrayResponse"]


def test_an_ack_to_a_2xx_gets_a_branch_and_no_transaction() -> None:
    """RFC 3261 section 13.2.2.4."""
    play = Play()
    play.layer.send_ack(request("ACK", to_tag="b1"), OURS, THEIRS, 0.0)
    (ack,) = play.sent_messages()
    assert ack.branch.startswith("z9hG4bK")
    assert play.layer.client_transactions == 0
    assert play.layer.next_timer() is None
