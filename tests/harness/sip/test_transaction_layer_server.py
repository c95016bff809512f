"""Server transactions as plays: what goes in, what comes out, and when (RFC 3261 section 17.2)."""

import pytest

from harness.sip.hop import Packet
from harness.sip.message import Request, Response
from harness.sip.transaction import ServerTransaction
from harness.sip.transaction_events import (
    AckReceived,
    CancelReceived,
    MalformedReceived,
    RequestReceived,
    TransactionTimedOut,
    TransportFailed,
)
from harness.sip.transaction_tables import UnexpectedInput
from tests.harness.sip.transaction_play import OURS, THEIRS, Play, peer_via, request


def take(play: Play, method: str, *headers: tuple[str, str], via: str | None = None) -> ServerTransaction:
    """The peer's request arrives and is handed to us."""
    play.receive_request(method, *headers, via=via)
    (event,) = play.events()
    assert isinstance(event, RequestReceived)
    return event.transaction


def reply(play: Play, transaction: ServerTransaction, status: int) -> Response:
    """We answer now."""
    response = transaction.request.response(status, to_tag="b1")
    play.layer.send_response(transaction, response, play.now)
    return response


class TestInviteServer:
    """RFC 3261 section 17.2.1 and RFC 6026."""

    def test_a_repeated_invite_gets_the_last_provisional_response_again(self) -> None:
        play = Play()
        transaction = take(play, "INVITE")
        play.receive_request("INVITE")
        assert play.sent() == []
        reply(play, transaction, 100)
        reply(play, transaction, 180)
        play.receive_request("INVITE")
        assert play.sent() == ["100", "180", "180"]
        assert play.events() == []

    def test_a_failure_is_repeated_by_timer_g_until_timer_h(self) -> None:
        play = Play()
        transaction = take(play, "INVITE")
        reply(play, transaction, 486)
        assert play.sent() == ["486"]
        times = [at for at, _ in play.run_until(100.0)]
        assert times == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
        assert play.events() == [TransactionTimedOut(transaction)]
        assert play.layer.server_transactions == 0

    def test_a_failure_is_not_repeated_over_tcp_but_waits_for_its_ack(self) -> None:
        play = Play("tcp")
        transaction = take(play, "INVITE")
        reply(play, transaction, 486)
        assert play.sent() == ["486"]
        assert play.run_until(31.9) == []
        play.run_until(32.0)
        assert play.events() == [TransactionTimedOut(transaction)]

    def test_a_repeated_invite_gets_the_failure_again(self) -> None:
        play = Play()
        reply(play, take(play, "INVITE"), 486)
        play.receive_request("INVITE")
        assert play.sent() == ["486", "486"]

    def test_the_ack_to_a_failure_is_absorbed_and_ends_its_repetition(self) -> None:
        play = Play()
        transaction = take(play, "INVITE")
        reply(play, transaction, 486)
        play.sent()
        play.receive_request("ACK", to_tag="b1")
        assert transaction.state == "Confirmed"
        play.receive_request("ACK", to_tag="b1")
        play.receive_request("INVITE")
        assert play.run_until(4.9) == []
        assert transaction.state == "Confirmed"
        play.run_until(5.0)
        assert (transaction.state, play.events()) == ("Terminated", [])

    def test_timer_i_is_zero_over_tcp(self) -> None:
        play = Play("tcp")
        transaction = take(play, "INVITE")
        reply(play, transaction, 486)
        play.receive_request("ACK", to_tag="b1")
        assert transaction.state == "Terminated"

    def test_after_a_2xx_repeated_invites_are_absorbed_until_timer_l(self) -> None:
        play = Play()
        transaction = take(play, "INVITE")
        reply(play, transaction, 200)
        play.receive_request("INVITE")
        assert play.sent() == ["200"]
        assert play.run_until(31.9) == []  # repeating the 2xx is the owner's
        assert transaction.state == "Accepted"
        play.run_until(32.0)
        assert (transaction.state, play.events()) == ("Terminated", [])

    def test_the_owner_may_repeat_a_2xx(self) -> None:
        play = Play()
        transaction = take(play, "INVITE")
        response = reply(play, transaction, 200)
        play.layer.send_response(transaction, response, 0.5)
        assert play.sent() == ["200", "200"]

    @pytest.mark.parametrize("branch", ["z9hG4bKpeer1", "z9hG4bKother"])
    def test_the_ack_to_a_2xx_is_passed_up_whatever_its_branch(self, branch: str) -> None:
        play = Play()
        reply(play, take(play, "INVITE"), 200)
        play.receive_request("ACK", to_tag="b1", via=peer_via(branch=branch))
        (event,) = play.events()
        assert isinstance(event, AckReceived)

    def test_an_ack_before_any_final_response_is_ignored(self) -> None:
        play = Play()
        take(play, "INVITE")
        play.receive_request("ACK")
        assert (play.events(), play.sent()) == ([], [])

    def test_a_second_final_response_is_refused_with_both_names(self) -> None:
        play = Play()
        transaction = take(play, "INVITE")
        reply(play, transaction, 486)
        with pytest.raises(UnexpectedInput, match="'2xx from TU' in state 'Completed'"):
            reply(play, transaction, 200)

    def test_a_transaction_that_has_ended_says_nothing_more(self) -> None:
        play = Play()
        transaction = take(play, "INVITE")
        play.layer.drop(transaction)
        reply(play, transaction, 200)
        assert play.sent() == []

    @pytest.mark.parametrize("status", [None, 180, 200, 486])
    def test_a_transport_error_is_reported_and_ends_nothing(self, status: int | None) -> None:
        """RFC 6026 section 8.5, figure 7."""
        play = Play()
        transaction = take(play, "INVITE")
        if status:
            reply(play, transaction, status)
        state = transaction.state
        play.layer.transport_failed(THEIRS, 0.1)
        assert play.events() == [TransportFailed(transaction, THEIRS)]
        assert transaction.state == state

    def test_a_transport_error_after_the_ack_is_no_news(self) -> None:
        play = Play()
        transaction = take(play, "INVITE")
        reply(play, transaction, 486)
        play.receive_request("ACK", to_tag="b1")
        play.layer.transport_failed(THEIRS, 0.1)
        assert (transaction.state, play.events()) == ("Confirmed", [])

    def test_automatic_trying_is_sent_after_200_ms_without_an_answer(self) -> None:
        play = Play(automatic_trying=True)
        take(play, "INVITE")
        assert play.run_until(1.0) == [(0.2, "100")]
        play.receive_request("INVITE")
        assert play.sent() == ["100"]

    def test_automatic_trying_is_not_sent_after_an_answer(self) -> None:
        play = Play(automatic_trying=True)
        reply(play, take(play, "INVITE"), 180)
        play.sent()
        assert play.run_until(1.0) == []


class TestNonInviteServer:
    """RFC 3261 section 17.2.2."""

    def test_a_repeated_request_gets_the_last_response_or_nothing(self) -> None:
        play = Play()
        transaction = take(play, "OPTIONS")
        play.receive_request("OPTIONS")
        assert play.sent() == []
        for status in (100, 200):
            reply(play, transaction, status)
            play.receive_request("OPTIONS")
        assert play.sent() == ["100", "100", "200", "200"]
        assert play.events() == []

    def test_timer_j_forgets_it_after_32_seconds(self) -> None:
        play = Play()
        transaction = take(play, "OPTIONS")
        reply(play, transaction, 404)
        play.run_until(31.9)
        assert transaction.state == "Completed"
        play.run_until(32.0)
        assert transaction.state == "Terminated"

    def test_timer_j_is_zero_over_tcp(self) -> None:
        play = Play("tcp")
        transaction = take(play, "OPTIONS")
        reply(play, transaction, 200)
        assert transaction.state == "Terminated"
        assert play.layer.next_timer() is None

    def test_a_second_final_response_is_discarded(self) -> None:
        play = Play()
        transaction = take(play, "OPTIONS")
        reply(play, transaction, 200)
        reply(play, transaction, 404)
        play.receive_request("OPTIONS")
        assert play.sent() == ["200", "200"]

    @pytest.mark.parametrize(("status", "expected"), [(None, 0), (100, 1), (200, 1)])
    def test_a_transport_error_ends_it_once_it_was_answered(self, status: int | None, expected: int) -> None:
        play = Play()
        transaction = take(play, "OPTIONS")
        if status:
            reply(play, transaction, status)
        play.layer.transport_failed(THEIRS, 0.1)
        assert play.events() == [TransportFailed(transaction, THEIRS)] * expected


class TestCancel:
    """RFC 3261 section 9.2."""

    def test_it_is_answered_200_and_the_invite_is_the_owners(self) -> None:
        play = Play()
        transaction = take(play, "INVITE")
        reply(play, transaction, 180)
        play.sent()
        play.receive_request("CANCEL")
        (event,) = play.events()
        assert isinstance(event, CancelReceived)
        assert (event.transaction, event.request.method) == (transaction, "CANCEL")
        (response,) = play.sent_messages()
        assert (response.cseq.method, response.to.tag) == ("CANCEL", "b1")
        assert isinstance(response, Response)
        assert response.status == 200

    def test_it_is_answered_481_when_nothing_matches(self) -> None:
        play = Play()
        play.receive_request("CANCEL")
        assert (play.sent(), play.events()) == (["481"], [])

    def test_after_the_final_response_it_is_answered_200_and_has_no_effect(self) -> None:
        play = Play()
        reply(play, take(play, "INVITE"), 200)
        play.sent()
        play.receive_request("CANCEL")
        assert (play.sent(), play.events()) == (["200"], [])

    def test_of_another_method_it_is_answered_200_and_has_no_effect(self) -> None:
        play = Play()
        take(play, "OPTIONS")
        play.receive_request("CANCEL")
        assert (play.sent(), play.events()) == (["200"], [])

    def test_repeated_it_gets_the_same_answer_and_is_reported_once(self) -> None:
        play = Play()
        take(play, "INVITE")
        play.receive_request("CANCEL")
        play.receive_request("CANCEL")
        first, second = play.sent_messages()
        assert bytes(first) == bytes(second)
        assert play.event_names() == ["CancelReceived"]


class TestMatching:
    """RFC 3261 section 17.2.3."""

    def test_another_sent_by_is_another_transaction(self) -> None:
        play = Play()
        take(play, "OPTIONS")
        take(play, "OPTIONS", via=peer_via().replace(":5070", ":5071"))
        assert play.layer.server_transactions == 2

    def test_the_case_of_sent_by_does_not_matter(self) -> None:
        play = Play()
        take(play, "OPTIONS", via="SIP/2.0/UDP Phone.Example.com;branch=z9hG4bK1")
        play.receive_request("OPTIONS", via="SIP/2.0/UDP phone.example.COM;branch=z9hG4bK1")
        assert play.events() == []

    @pytest.mark.parametrize("branch", ["", ";branch=1"])
    def test_a_peer_of_rfc_2543_is_matched_by_its_header_fields(self, branch: str) -> None:
        play = Play()
        via = f"SIP/2.0/UDP 192.0.2.2:5070{branch}"
        transaction = take(play, "INVITE", via=via)
        reply(play, transaction, 486)
        play.receive_request("INVITE", via=via)
        assert play.sent() == ["486", "486"]
        play.receive_request("ACK", via=via, to_tag="b1")
        assert (transaction.state, play.events()) == ("Confirmed", [])

    def test_a_peer_of_rfc_2543_can_cancel(self) -> None:
        play = Play()
        via = "SIP/2.0/UDP 192.0.2.2:5070"
        take(play, "INVITE", via=via)
        play.receive_request("CANCEL", via=via)
        assert (play.sent(), play.event_names()) == (["200"], ["CancelReceived"])

    def test_a_peer_of_rfc_2543_has_a_new_transaction_for_a_new_cseq(self) -> None:
        play = Play()
        via = "SIP/2.0/UDP 192.0.2.2:5070"
        take(play, "INVITE", via=via)
        play.receive_request("INVITE", via=via, cseq=2)
        assert play.event_names() == ["RequestReceived"]

    def test_a_merged_request_names_the_one_before(self) -> None:
        """RFC 3261 section 8.2.2.2."""
        play = Play()
        first = take(play, "INVITE")
        second = take(play, "INVITE", via=peer_via(branch="z9hG4bKother"))
        assert (first.merged_with, second.merged_with) == (None, first)

    def test_the_same_cseq_after_a_refusal_is_not_merged(self) -> None:
        """Kamailio's uac sends credentials so."""
        play = Play()
        reply(play, take(play, "INVITE"), 407)
        assert take(play, "INVITE", via=peer_via(branch="z9hG4bKother")).merged_with is None

    def test_a_request_in_a_dialog_is_never_merged(self) -> None:
        play = Play()
        play.receive_request("INVITE", to_tag="b1")
        play.receive_request("INVITE", to_tag="b1", via=peer_via(branch="z9hG4bKother"))
        assert all(
            isinstance(e, RequestReceived) and e.transaction.merged_with is None for e in play.events()
        )


class TestOtherPackets:
    """What is no message, or hardly one."""

    @pytest.mark.parametrize("data", [b"", b"\r\n", b"\r\n\r\n", b"\0\0\0\0", b" "])
    def test_a_keepalive_over_udp_is_not_answered(self, data: bytes) -> None:
        play = Play()
        play.receive(data)
        assert (play.sent(), play.events()) == ([], [])

    def test_a_ping_over_tcp_gets_its_pong(self) -> None:
        """RFC 5626 section 3.5.1."""
        play = Play("tcp")
        play.receive(b"\r\n\r\n")
        assert play.layer.packets_to_send() == [Packet(b"\r\n", play.ours, play.theirs)]

    def test_what_is_no_sip_is_reported_with_its_reason(self) -> None:
        play = Play()
        play.receive(b"GET / HTTP/1.1\r\n\r\n")
        (event,) = play.events()
        assert isinstance(event, MalformedReceived)
        assert event.message is None

    @pytest.mark.parametrize("name", ["Via", "Call-ID", "CSeq"])
    def test_a_request_that_cannot_be_matched_is_reported_with_what_could_be_read(self, name: str) -> None:
        play = Play()
        broken = request("OPTIONS", via=peer_via())
        broken.headers.remove(name)
        play.receive(broken)
        (event,) = play.events()
        assert isinstance(event, MalformedReceived)
        assert isinstance(event.message, Request)
        assert name.lower() in str(event.error).lower()
        assert play.layer.server_transactions == 0

    def test_a_malformed_request_can_be_answered_all_the_same(self) -> None:
        play = Play()
        broken = request("OPTIONS", via=peer_via(extra=";rport"))
        broken.headers.set("CSeq", "x")
        play.receive(broken)
        (event,) = play.events()
        assert isinstance(event, MalformedReceived)
        assert isinstance(event.message, Request)
        play.layer.send_stateless_response(
            event.message, event.message.response(400, to_tag="b1"), event.packet
        )
        (packet,) = play.layer.packets_to_send()
        assert (packet.source, packet.destination) == (OURS, THEIRS)
        assert f"rport={THEIRS.port};received={THEIRS.host}".encode() in packet.data


def test_the_way_back_is_noted_in_the_via_and_taken() -> None:
    """RFC 3581 section 4: behind a NAT the sent-by is useless."""
    play = Play()
    transaction = take(play, "OPTIONS", via="SIP/2.0/UDP 10.0.0.1:5060;rport;branch=z9hG4bKnat")
    reply(play, transaction, 200)
    (packet,) = play.layer.packets_to_send()
    assert (packet.source, packet.destination) == (OURS, THEIRS)
    assert b"10.0.0.1:5060;rport=5070;branch=z9hG4bKnat;received=192.0.2.2\r\n" in packet.data
