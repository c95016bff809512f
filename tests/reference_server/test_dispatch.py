"""What the trunk answers to requests in and outside dialogs, byte by byte and in virtual time.

Written against the RFCs, with a peer that shares no code with the trunk but the reading of its answers.
"""

import pytest

from harness.sip.hop import Hop
from harness.sip.message import Request, Response, parse_message
from reference_server.inbound import Order
from tests.reference_server.raw_peer import CONTACT, IP_USERNAME, PEER, SDP, RawPeer, uri_of
from tests.reference_server.trunk_play import ECHO, TRUNK

RINGS = "+442079460200"
ONLY_100 = "+442079460201"
RELIABLE = "+442079460203"
REINVITES = "+442079460205"
RINGS_TWICE = "+442079460211"
SILENT = "+442079460210"
HELD = SDP.replace("IN IP4 10.0.0.77\r\nt", "IN IP4 0.0.0.0\r\nt").replace("o=- 1 1", "o=- 1 2")

Timed = list[tuple[float, Request | Response]]


def established(number: str = ECHO, **parts: object) -> tuple[RawPeer, str]:
    peer = RawPeer()
    tag = peer.call(number, **parts)
    peer.acknowledge(number, tag)
    return peer, tag


def times(sent: Timed, start_line: str) -> list[float]:
    return [at for at, message in sent if message.start_line.startswith(start_line)]


class TestInviteInADialog:
    """RFC 3261 sections 12.2.2 and 14.2."""

    def test_one_that_comes_before_the_first_is_answered_is_500_with_retry_after(self) -> None:
        peer = RawPeer()
        tag = peer.call(RINGS)
        answer = peer.ask("INVITE", uri_of(RINGS), cseq=2, to_tag=tag, body=SDP)
        assert answer.status == 500
        assert 0 <= int(answer.headers.get("Retry-After") or "") <= 10
        assert peer.calls == 1

    def test_one_with_a_lower_cseq_is_500(self) -> None:
        peer, tag = established(cseq=5)
        assert peer.ask("INVITE", uri_of(ECHO), cseq=4, to_tag=tag, body=SDP).status == 500

    def test_one_that_meets_ours_is_491(self) -> None:
        peer, tag = established(REINVITES)
        assert times(peer.run(1.2), "INVITE ") == [1.0]
        assert peer.ask("INVITE", uri_of(REINVITES), cseq=2, to_tag=tag, body=SDP).status == 491

    def test_one_for_a_dialog_unknown_here_is_481(self) -> None:
        assert RawPeer().ask("INVITE", uri_of(ECHO), to_tag="unknown", body=SDP).status == 481

    def test_one_with_another_from_tag_is_481(self) -> None:
        peer, tag = established()
        answer = peer.ask("INVITE", uri_of(ECHO), cseq=2, to_tag=tag, from_tag="other", body=SDP)
        assert answer.status == 481

    def test_one_without_an_offer_gets_ours_and_the_ack_answers_it(self) -> None:
        peer, tag = established()
        answer = peer.ask("INVITE", uri_of(ECHO), cseq=2, to_tag=tag)
        assert (answer.status, answer.content_type) == (200, "application/sdp")
        assert peer.ask("INVITE", uri_of(ECHO), cseq=3, to_tag=tag, body=SDP).status == 491
        peer.acknowledge(ECHO, tag, cseq=2, body=SDP)
        assert times(peer.run(10), "SIP/2.0 200") == []

    def test_a_hold_of_rfc_2543_stops_our_rtp(self) -> None:
        """RFC 3264 section 8.4."""
        peer, tag = established("+442079460208")
        answer = peer.ask("INVITE", uri_of("+442079460208"), cseq=2, to_tag=tag, body=HELD)
        assert answer.status == 200
        assert b"a=sendrecv" not in answer.body
        peer.trunk.packets_to_send()
        before = peer.now
        while (at := peer.trunk.next_timer()) is not None and at < before + 1:
            peer.now = at
            peer.trunk.handle_timers(at)
            assert all(packet.destination.host != "0.0.0.0" for packet in peer.trunk.packets_to_send())

    def test_a_body_that_is_no_session_description_is_415(self) -> None:
        """RFC 3261 section 8.2.3."""
        peer, tag = established()
        body = {"body": "hello", "content_type": "text/plain"}
        answer = peer.ask("INVITE", uri_of(ECHO), cseq=2, to_tag=tag, **body)
        assert (answer.status, answer.headers.get("Accept")) == (415, "application/sdp")
        assert peer.ask("BYE", uri_of(ECHO), cseq=3, to_tag=tag, **body).status == 200


class TestOtherRequestsInADialog:
    def test_an_update_with_an_offer_before_the_first_offer_is_answered_is_500(self) -> None:
        """RFC 3311 section 5.2."""
        peer = RawPeer()
        tag = peer.call(RINGS)
        answer = peer.ask("UPDATE", uri_of(RINGS), cseq=2, to_tag=tag, body=SDP)
        assert answer.status == 500
        assert 0 <= int(answer.headers.get("Retry-After") or "") <= 10
        assert peer.ask("UPDATE", uri_of(RINGS), cseq=3, to_tag=tag).status == 200

    def test_an_update_with_an_offer_after_a_reliable_answer_is_200(self) -> None:
        peer = RawPeer()
        ringing = peer.ask("INVITE", uri_of(RELIABLE), headers=("Supported: 100rel",), body=SDP)
        rack = (f"RAck: {ringing.headers.get('RSeq')} 1 INVITE",)
        tag = ringing.to.tag or ""
        assert peer.ask("PRACK", uri_of(RELIABLE), cseq=2, to_tag=tag, headers=rack).status == 200
        assert peer.ask("UPDATE", uri_of(RELIABLE), cseq=3, to_tag=tag, body=SDP).status == 200

    def test_a_method_that_allow_does_not_name_is_405(self) -> None:
        """RFC 3261 section 8.2.1."""
        peer, tag = established()
        answer = peer.ask("INFO", uri_of(ECHO), cseq=2, to_tag=tag)
        assert answer.status == 405
        assert "INFO" not in answer.allow
        assert peer.ask("FROBNICATE", uri_of(ECHO), cseq=3, to_tag=tag).status == 501

    def test_a_bye_ends_an_early_dialog_and_the_invite_is_487(self) -> None:
        """RFC 3261 section 15.1.2."""
        peer = RawPeer()
        tag = peer.call(RINGS)
        answers = peer.give(peer.request("BYE", uri_of(RINGS), cseq=2, to_tag=tag))
        assert [answer.start_line[8:11] for answer in answers] == ["200", "487"]
        assert (peer.channels_used, peer.calls) == (0, 0)

    def test_a_bye_right_behind_cancel_does_no_harm(self) -> None:
        """Yate sends both in the same millisecond."""
        peer = RawPeer()
        tag = peer.call(RINGS, branch="z9hG4bKyate")
        peer.give(peer.request("CANCEL", uri_of(RINGS), branch="z9hG4bKyate"))
        assert peer.ask("BYE", uri_of(RINGS), cseq=2, to_tag=tag).status in (200, 481)
        assert (peer.channels_used, peer.calls) == (0, 0)

    def test_requests_of_ours_follow_the_route_set_and_the_latest_contact(self) -> None:
        """RFC 3261 sections 12.1.1 and 12.2.1.1."""
        routes = ("Record-Route: <sip:10.0.0.5;lr>, <sip:10.0.0.6:5062;lr>",)
        peer, tag = established("+442079460101", headers=routes)
        moved = "<sip:moved@10.0.0.78>;expires=60"
        peer.ask("INVITE", uri_of("+442079460101"), cseq=2, to_tag=tag, body=SDP, contact=moved)
        peer.acknowledge("+442079460101", tag, cseq=2)
        peer.packets.clear()
        (bye,) = [message for _, message in peer.run(1.2) if isinstance(message, Request)]
        assert (bye.method, bye.uri) == ("BYE", "sip:moved@10.0.0.78")
        assert [route.uri.host for route in bye.routes] == ["10.0.0.5", "10.0.0.6"]  # type: ignore[union-attr]  # SIP URIs
        assert peer.packets[-1].destination == Hop("udp", "10.0.0.5", 5060)


class TestCancel:
    """RFC 3261 section 9.2."""

    def test_it_is_matched_by_its_transaction_whatever_its_request_uri(self) -> None:
        peer = RawPeer()
        peer.call(ONLY_100, branch="z9hG4bKcancelled")
        answers = peer.give(peer.request("CANCEL", "sip:elsewhere@example.com", branch="z9hG4bKcancelled"))
        assert [answer.start_line[8:11] for answer in answers] == ["200", "487"]

    def test_both_answers_have_the_same_to_tag(self) -> None:
        peer = RawPeer()
        peer.call(ONLY_100, branch="z9hG4bKcancelled")
        answers = peer.give(peer.request("CANCEL", uri_of(ONLY_100), branch="z9hG4bKcancelled"))
        assert len({answer.to.tag for answer in answers}) == 1

    def test_one_that_matches_nothing_is_481(self) -> None:
        assert RawPeer().ask("CANCEL", uri_of(ECHO)).status == 481


class TestReliableResponses:
    """RFC 3262."""

    @pytest.mark.parametrize("tag", ["100rel", "100REL"])
    def test_a_caller_that_requires_them_gets_no_other_provisional_response(self, tag: str) -> None:
        """Section 3."""
        ringing = RawPeer().ask("INVITE", uri_of(RINGS), headers=(f"Require: {tag}",), body=SDP)
        assert (ringing.status, ringing.require) == (180, ("100rel",))
        assert "RSeq" in ringing.headers

    def test_a_second_one_waits_for_the_prack_of_the_first(self) -> None:
        peer = RawPeer()
        number = RINGS_TWICE
        ringing = peer.ask("INVITE", uri_of(number), headers=("Require: 100rel",), body=SDP)
        first = int(ringing.headers.get("RSeq") or "")
        assert times(peer.run(0.3), "SIP/2.0 180") == []
        rack = (f"RAck: {first} 1 INVITE",)
        answers = peer.give(
            peer.request("PRACK", uri_of(number), cseq=2, to_tag=ringing.to.tag or "", headers=rack)
        )
        assert [answer.start_line[8:11] for answer in answers] == ["200", "180"]
        assert answers[1].headers.get("RSeq") == str(first + 1)

    def test_it_is_repeated_until_its_prack_and_the_call_fails_without(self) -> None:
        peer = RawPeer()
        peer.call(RELIABLE, headers=("Supported: 100rel",))
        sent = peer.run(33)
        assert times(sent, "SIP/2.0 183") == [0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
        assert times(sent, "SIP/2.0 504")[0] == 32.0
        assert peer.calls == 0

    def test_without_an_offer_in_the_invite_the_first_one_carries_ours(self) -> None:
        """RFC 3261 section 13.2.1; the PRACK answers it, and the 200 has no description then."""
        peer = RawPeer()
        ringing = peer.ask("INVITE", uri_of(RELIABLE), headers=("Supported: 100rel",))
        assert ringing.content_type == "application/sdp"
        rack = (f"RAck: {ringing.headers.get('RSeq')} 1 INVITE",)
        tag = ringing.to.tag or ""
        assert peer.ask("PRACK", uri_of(RELIABLE), cseq=2, to_tag=tag, headers=rack, body=SDP).status == 200
        (answered,) = [
            message for at, message in peer.run(0.6) if message.start_line.startswith("SIP/2.0 200")
        ]
        assert answered.body == b""

    @pytest.mark.parametrize("rack", ["1 1 INVITE", "1 2 INVITE", "1 1 OPTIONS"])
    def test_a_prack_that_fits_nothing_is_481(self, rack: str) -> None:
        peer = RawPeer()
        tag = peer.call(RELIABLE, headers=("Supported: 100rel",))
        headers = (f"RAck: {rack}",)
        assert peer.ask("PRACK", uri_of(RELIABLE), cseq=2, to_tag=tag, headers=headers).status == 481

    @pytest.mark.parametrize("rack", ["", "x", "1 1", f"{'9' * 5000} 1 INVITE"])
    def test_a_rack_that_cannot_be_read_is_400(self, rack: str) -> None:
        peer = RawPeer()
        tag = peer.call(RELIABLE, headers=("Supported: 100rel",))
        headers = (f"RAck: {rack}",)
        assert peer.ask("PRACK", uri_of(RELIABLE), cseq=2, to_tag=tag, headers=headers).status == 400


class TestSessionTimer:
    """RFC 4028."""

    def test_an_interval_that_is_too_small_is_422_before_anything_rings(self) -> None:
        """Section 9; every refusal says what was seen and what was expected."""
        peer = RawPeer()
        headers = ("Supported: timer", "Session-Expires: 89")
        answers = peer.give(peer.request("INVITE", uri_of(RINGS), headers=headers, body=SDP))
        assert [answer.start_line[8:11] for answer in answers] == ["422"]
        assert answers[0].headers.get("Min-SE") == "90"
        assert "seen Session-Expires 89" in (answers[0].headers.get("Warning") or "")
        assert peer.channels_used == 0

    def test_a_caller_without_support_cannot_be_told_so(self) -> None:
        assert RawPeer().ask("INVITE", uri_of(ECHO), headers=("Session-Expires: 20",), body=SDP).status == 200

    def test_without_a_refresh_of_the_refresher_the_session_ends_with_bye(self) -> None:
        """Section 10: a third of the interval, at most 32 s, before the end."""
        headers = ("Supported: timer", "Session-Expires: 90;refresher=uac")
        peer, tag = established(SILENT, headers=headers)
        peer.run(40)
        answer = peer.ask("UPDATE", uri_of(SILENT), cseq=2, to_tag=tag, headers=headers)
        assert (answer.status, answer.headers.get("Session-Expires")) == (200, "90;refresher=uac")
        sent = []
        for _ in range(12):
            sent += peer.run(5)
            for packet in [packet for packet in peer.packets if packet.data.startswith(b"OPTIONS ")]:
                peer.give(bytes(_answered(packet.data)))
            peer.packets.clear()
        assert times(sent, "BYE ") == [5.0]  # 40 + 60 s
        assert times(sent[:-1], "BYE ") == []


class TestTheTwoHundred:
    """RFC 3261 section 13.3.1.4, RFC 6026."""

    @pytest.mark.parametrize("transport", ["udp", "tcp"])
    def test_it_is_repeated_until_its_ack_over_any_transport_and_then_bye(self, transport: str) -> None:
        peer = RawPeer()
        source = PEER._replace(transport=transport)
        peer.give(peer.request("INVITE", uri_of(ECHO), body=SDP), source)
        sent = peer.run(32)
        repeated = [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
        assert times(sent, "SIP/2.0 200") == repeated
        assert times(sent, "BYE ") == [32.0]

    def test_the_100_has_no_to_tag_and_all_others_have_one_and_the_same(self) -> None:
        peer = RawPeer()
        answers = peer.give(peer.request("INVITE", uri_of(ECHO), headers=("Timestamp: 7",), body=SDP))
        tags = [answer.to.tag for answer in answers]
        assert tags[0] is None
        assert tags[1]
        assert len(set(tags[1:])) == 1
        assert answers[0].headers.get("Timestamp") == "7"


class TestRingingForLong:
    """RFC 3261 section 13.3.1."""

    def test_the_caller_is_told_again_each_minute(self) -> None:
        peer = RawPeer()
        peer.call(RINGS)
        assert times(peer.run(190), "SIP/2.0 180") == [60.0, 120.0, 180.0]

    def test_an_invitation_that_expires_is_487(self) -> None:
        peer = RawPeer()
        peer.call(RINGS, headers=("Expires: 20",))
        sent = peer.run(60)
        assert times(sent, "SIP/2.0 487")[0] == 20.0
        assert times(sent, "SIP/2.0 180") == []
        assert peer.calls == 0

    @pytest.mark.parametrize("expires", ["soon", "9" * 5000, "4294967295"])
    def test_an_expiry_that_cannot_be_meant_expires_nothing(self, expires: str) -> None:
        peer = RawPeer()
        peer.call(RINGS, headers=(f"Expires: {expires}",))
        peer.run(30)
        assert peer.calls == 1


class TestBodies:
    """RFC 3261 section 8.2.3, RFC 5621."""

    def test_a_description_among_several_parts_is_taken(self) -> None:
        both = f"\r\nContent-Type: application/sdp\r\n\r\n{SDP}\r\n", "\r\nContent-Type: a/b\r\n\r\n?\r\n"
        body = {"body": f"--x{both[0]}--x{both[1]}--x--\r\n", "content_type": "multipart/mixed;boundary=x"}
        answer = RawPeer().ask("INVITE", uri_of(ECHO), **body)
        assert (answer.status, b"m=audio" in answer.body) == (200, True)

    def test_a_foreign_type_is_415_unless_it_is_optional(self) -> None:
        optional = ("Content-Disposition: icon;handling=optional",)
        for headers, status in (((), 415), (optional, 200)):
            peer = RawPeer()
            body = {"body": "hello", "content_type": "text/plain", "headers": headers}
            assert peer.ask("INVITE", uri_of(ECHO), **body).status == status

    def test_an_offer_of_encrypted_media_is_refused_before_anything_rings(self) -> None:
        peer = RawPeer()
        body = SDP.replace("RTP/AVP", "RTP/SAVP")
        answers = peer.give(peer.request("INVITE", uri_of(RINGS), body=body))
        assert [answer.start_line[8:11] for answer in answers] == ["488"]

    def test_rtp_is_not_sent_to_a_name_or_a_port_without_a_next_one(self) -> None:
        """Each packet would ask a name server; RTCP has no port."""
        for old, new in (("IN IP4 10.0.0.77\r\nt", "IN IP4 a.example\r\nt"), ("audio 4000", "audio 65535")):
            peer = RawPeer()
            tag = peer.call("+442079460208", body=SDP.replace(old, new))
            peer.acknowledge("+442079460208", tag)
            peer.now += 0.1
            peer.trunk.handle_timers(peer.now)
            assert peer.trunk.packets_to_send() == []


class TestWhatADialogIsMadeOf:
    @pytest.mark.parametrize(
        ("part", "value"),
        [
            ("Contact", "<garbage>"),
            ("Contact", "<sip:a b@c>"),
            ("Contact", "<sip:open"),
            ("Record-Route", '<sip:"x'),
            ("Record-Route", "<nowhere>"),
        ],
    )
    def test_what_leads_nowhere_is_400_and_takes_no_channel(self, part: str, value: str) -> None:
        peer = RawPeer()
        contact = value if part == "Contact" else CONTACT
        headers = (f"Record-Route: {value}",) if part == "Record-Route" else ()
        answer = peer.ask("INVITE", uri_of(ECHO), contact=contact, headers=headers, body=SDP)
        assert (answer.status, answer.reason) == (400, f"Bad {part} header")
        assert peer.calls == 0

    @pytest.mark.parametrize("line", ["Contact: <garbage>", 'Record-Route: <sip:"x', "Contact: <sip:a@b"])
    def test_a_callee_whose_200_leads_nowhere_gets_its_ack_all_the_same(self, line: str) -> None:
        peer = RawPeer()
        invite = peer.be_called()
        answer = bytes(invite.response(200, to_tag="callee"))
        sent = peer.give(answer.replace(b"\r\n\r\n", b"\r\n" + line.encode() + b"\r\n\r\n"))
        assert [message.start_line[:4] for message in sent] == ["ACK "]
        peer.run(300)
        assert peer.calls == 0

    def test_a_callee_whose_200_cannot_be_read_at_all_keeps_no_channel(self) -> None:
        peer = RawPeer()
        invite = peer.be_called()
        answer = bytes(invite.response(200, to_tag="callee"))
        peer.give(answer.replace(b"\r\nTo: <", b'\r\nTo: <<"', 1))
        peer.run(300)
        assert (peer.channels_used, peer.calls) == (0, 0)

    def test_a_contact_is_called_over_its_transport_where_the_trunk_speaks_it(self) -> None:
        """RFC 3261 section 18.1.1: the Via names the transport that is used."""
        listener = TRUNK._replace(transport="tcp")
        peer = RawPeer()
        peer.trunk.listen_at([listener])
        peer.ask("REGISTER", "sip:sip.skype.com", contact="<sip:pbx@10.0.0.77;transport=tcp>")
        peer.trunk.place_call(Order(profile=IP_USERNAME), peer.now)
        (packet,) = peer.trunk.packets_to_send()
        assert (packet.source, packet.destination) == (listener, Hop("tcp", "10.0.0.77", 5060))
        message = parse_message(packet.data)
        assert message.via.transport == "TCP"
        assert message.contacts[0].sip_uri.transport == "tcp"

    def test_a_contact_of_a_transport_that_the_trunk_lacks_is_called_over_its_registrations(self) -> None:
        peer = RawPeer()
        peer.be_called(contact="<sip:pbx@10.0.0.77;transport=tcp>")
        assert peer.packets[-1].destination == PEER
        peer, _ = established("+442079460101", contact="<sip:pbx@10.0.0.9;transport=tcp>")
        peer.packets.clear()
        peer.run(1.2)
        assert peer.packets[-1].destination == PEER


class TestTheWayBack:
    """RFC 3261 section 18.2.2, RFC 3581."""

    @pytest.mark.parametrize(
        ("via", "port"),
        [
            ("10.0.0.77:5099;branch=z9hG4bKa", 5099),
            ("10.0.0.77;branch=z9hG4bKa", 5060),
            ("10.0.0.77:5099;rport;branch=z9hG4bKa", PEER.port),
            ("[2001:db8::1]:5098;branch=z9hG4bKa", 5098),
            ("10.0.0.77:5099;maddr=no.such.host..;branch=z9hG4bKa", 5099),
        ],
    )
    def test_a_response_goes_to_the_source_address_and_the_right_port(self, via: str, port: int) -> None:
        peer = RawPeer()
        request = peer.request("OPTIONS", "sip:sip.skype.com")
        lines = [
            f"Via: SIP/2.0/UDP {via}".encode() if line.startswith(b"Via:") else line
            for line in request.split(b"\r\n")
        ]
        peer.give(b"\r\n".join(lines))
        assert peer.packets[-1].destination == Hop("udp", PEER.host, port)

    @pytest.mark.parametrize(
        "via",
        ["x", "SIP/2.0/UDP", "SIP/2.0/UDP ;branch=z", "SIP/2.0/UDP a b c", f"SIP/2.0/UDP a:{'9' * 5000}"],
    )
    def test_without_a_via_that_can_be_read_there_is_no_answer(self, via: str) -> None:
        peer = RawPeer()
        request = peer.request("OPTIONS", "sip:sip.skype.com")
        start = request.index(b"Via: ") + 5
        assert peer.give(request[:start] + via.encode() + request[request.index(b"\r\n", start) :]) == []
        assert peer.is_alive()


class TestNumbersTooLarge:
    def test_a_cseq_from_2_to_the_31_on_is_400(self) -> None:
        """RFC 3261 section 8.1.1.5."""
        peer = RawPeer()
        for number in (2**31, 36893488147419103232):
            answer = peer.ask("REGISTER", "sip:sip.skype.com", cseq=number)
            assert (answer.status, answer.reason) == (400, "Bad CSeq header")
        assert peer.ask("REGISTER", "sip:sip.skype.com", cseq=2**31 - 1).status == 200

    def test_a_content_length_nobody_can_count_is_400(self) -> None:
        peer = RawPeer()
        request = peer.request("OPTIONS", "sip:sip.skype.com")
        (answer,) = peer.give(request.replace(b"Content-Length: 0", b"Content-Length: " + b"9" * 5000))
        assert answer.start_line == "SIP/2.0 400 Bad Content-Length header"


def test_a_caller_that_takes_no_session_description_is_406() -> None:
    """RFC 3261 section 21.4.7, RFC 4475 section 3.3.15."""
    peer = RawPeer()
    for accept, status in (("text/plain", 406), ("", 406), ("text/plain, application/*", 200)):
        parts = {"headers": (f"Accept: {accept}",), "call_id": accept or "none", "body": SDP}
        assert peer.ask("INVITE", uri_of(ECHO), **parts).status == status


def test_a_name_that_is_not_utf_8_is_kept_out_of_the_database() -> None:
    peer = RawPeer()
    request = peer.request("INVITE", uri_of("+442079460486"), body=SDP)
    peer.give(request.replace(b"From: <", b'From: "M\xfcller" <'))
    assert peer.play.store.records()[-1].caller == "M\ufffdller"


def test_a_far_end_that_cannot_send_its_digits_remarks_it() -> None:
    peer, _ = established("+442079460209", body=SDP.replace("8 0 101", "8 0"))
    peer.run(1)
    (live,) = peer.trunk.parts.calls.live()
    assert live.remarks == ["no digits sent: telephone-event was not negotiated; offer it in the codecs"]


def _answered(data: bytes) -> Response:
    request = parse_message(data)
    assert isinstance(request, Request)
    return request.response(200)
