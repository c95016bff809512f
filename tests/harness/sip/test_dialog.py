"""Dialogs (RFC 3261 section 12)."""

import pytest

from harness.sip.dialog import Dialog, DialogState, OutOfOrder
from harness.sip.message import Request, Response
from tests.harness.sip.transaction_play import peer_via, request

CONTACT = ("Contact", '"Alice" <sip:alice@192.0.2.1:5060>')
BOB = ("Contact", "<sip:bob@192.0.2.2:5070;line=x>")


def invite(*headers: tuple[str, str], cseq: int = 3) -> Request:
    """Our INVITE, or the peer's."""
    return request("INVITE", CONTACT, *headers, cseq=cseq, via=peer_via())


def respond(to: Request, status: int, tag: str = "b1", *headers: tuple[str, str]) -> Response:
    """A response with a Contact."""
    return to.response(status, to_tag=tag, headers=[BOB, *headers])


def uac_dialog(*headers: tuple[str, str]) -> Dialog:
    """A confirmed dialog of ours."""
    ours = invite()
    return Dialog.from_uac(ours, respond(ours, 200, "b1", *headers))


class TestUac:
    """RFC 3261 section 12.1.2."""

    def test_its_parts_come_from_request_and_response(self) -> None:
        dialog = uac_dialog()
        assert dialog.id == ("call-1@example.com", "a1", "b1")
        assert (dialog.local_cseq, dialog.remote_cseq) == (3, None)
        assert dialog.remote_target == "sip:bob@192.0.2.2:5070;line=x"
        assert dialog.state is DialogState.CONFIRMED

    def test_a_provisional_response_makes_it_early_and_the_2xx_confirms_it(self) -> None:
        ours = invite()
        dialog = Dialog.from_uac(ours, respond(ours, 180))
        assert dialog.state is DialogState.EARLY
        final = respond(ours, 200, "b1", ("Record-Route", "<sip:p1.example.com;lr>"))
        final.headers.set("Contact", "<sip:bob@192.0.2.3>")
        dialog.confirm(final)
        assert dialog.state.value == "confirmed"
        assert dialog.remote_target == "sip:bob@192.0.2.3"
        assert dialog.route_set == ("<sip:p1.example.com;lr>",)

    def test_a_forked_invite_makes_a_dialog_for_each_to_tag(self) -> None:
        ours = invite()
        first, second = (Dialog.from_uac(ours, respond(ours, 180, tag)) for tag in ("b1", "b2"))
        assert first.id != second.id
        first.build_request("PRACK")
        assert second.local_cseq == 3

    def test_a_response_without_contact_leaves_the_request_uri(self) -> None:
        ours = invite()
        assert Dialog.from_uac(ours, ours.response(180, to_tag="b1")).remote_target == "sip:bob@example.com"

    def test_its_route_set_is_the_record_route_backwards(self) -> None:
        routes = ("Record-Route", "<sip:p2.example.com;lr>, <sip:p1.example.com;lr>")
        assert uac_dialog(routes).route_set == ("<sip:p1.example.com;lr>", "<sip:p2.example.com;lr>")


class TestUas:
    """RFC 3261 section 12.1.1."""

    def test_its_parts_come_from_the_request(self) -> None:
        theirs = invite(("Record-Route", "<sip:p1.example.com;lr>, <sip:p2.example.com;lr>"))
        dialog = Dialog.from_uas(theirs, "b1")
        assert dialog.id == ("call-1@example.com", "b1", "a1")
        assert (dialog.local_cseq, dialog.remote_cseq) == (None, 3)
        assert dialog.remote_target == "sip:alice@192.0.2.1:5060"
        assert dialog.route_set == ("<sip:p1.example.com;lr>", "<sip:p2.example.com;lr>")
        assert dialog.state is DialogState.EARLY

    def test_it_can_be_confirmed_and_terminated_for_good(self) -> None:
        dialog = Dialog.from_uas(invite(), "b1")
        dialog.confirm()
        assert dialog.state is DialogState.CONFIRMED
        dialog.terminate()
        dialog.confirm()
        assert dialog.state.value == "terminated"

    def test_its_requests_have_the_tags_the_other_way_round(self) -> None:
        bye = Dialog.from_uas(invite(), "b1").build_request("BYE")
        assert (bye.from_.tag, bye.to.tag, str(bye.cseq)) == ("b1", "a1", "1 BYE")
        assert bye.uri == "sip:alice@192.0.2.1:5060"


class TestRequests:
    """RFC 3261 section 12.2.1.1."""

    def test_each_request_has_the_next_cseq(self) -> None:
        dialog = uac_dialog()
        assert [dialog.build_request("INFO").cseq.number for _ in range(2)] == [4, 5]

    def test_a_target_refresh_request_has_a_contact_and_others_have_none(self) -> None:
        dialog = uac_dialog()
        assert dialog.build_request("INVITE").headers.get("Contact") == CONTACT[1]
        assert dialog.build_request("UPDATE", contact="<sip:new@192.0.2.1>").headers.get("Contact") == (
            "<sip:new@192.0.2.1>"
        )
        assert "Contact" not in dialog.build_request("BYE").headers

    def test_body_and_header_fields_are_taken_along(self) -> None:
        info = uac_dialog().build_request("INFO", headers=[("Content-Type", "text/plain")], body=b"x")
        assert (info.body, info.content_type, info.headers.get("Content-Length")) == (b"x", "text/plain", "1")

    def test_without_routes_it_goes_to_the_remote_target(self) -> None:
        dialog = uac_dialog()
        assert str(dialog.next_hop_uri()) == "sip:bob@192.0.2.2:5070;line=x"
        assert "Route" not in dialog.build_request("BYE").headers

    def test_loose_routes_stand_before_the_remote_target(self) -> None:
        dialog = uac_dialog(("Record-Route", "<sip:p2.example.com;lr>, <sip:p1.example.com;lr;ftag=x>"))
        bye = dialog.build_request("BYE")
        assert bye.uri == "sip:bob@192.0.2.2:5070;line=x"
        assert [str(route) for route in bye.routes] == [
            "<sip:p1.example.com;lr;ftag=x>",
            "<sip:p2.example.com;lr>",
        ]
        assert str(dialog.next_hop_uri()) == "sip:p1.example.com;lr;ftag=x"

    def test_a_strict_router_gets_itself_in_the_request_uri(self) -> None:
        dialog = uac_dialog(("Record-Route", "<sip:p2.example.com;lr>, <sip:p1.example.com;method=BYE?a=b>"))
        bye = dialog.build_request("BYE")
        assert bye.uri == "sip:p1.example.com"
        assert [str(route) for route in bye.routes] == [
            "<sip:p2.example.com;lr>",
            "<sip:bob@192.0.2.2:5070;line=x>",
        ]

    def test_the_ack_has_the_cseq_number_and_credentials_of_its_invite(self) -> None:
        """RFC 3261 sections 13.2.2.4 and 22.1."""
        dialog = uac_dialog()
        dialog.build_request("INFO")
        credentials = 'Digest username="a", realm="b", nonce="c", uri="d", response="e"'
        ack = dialog.build_ack(invite(("Proxy-Authorization", credentials)))
        assert str(ack.cseq) == "3 ACK"
        assert ack.headers.get("Proxy-Authorization") == credentials
        assert (ack.to.tag, dialog.local_cseq) == ("b1", 4)


class TestReceiving:
    """RFC 3261 section 12.2.2."""

    def from_peer(self, method: str, cseq: int, *headers: tuple[str, str]) -> Request:
        return request(method, *headers, cseq=cseq, to_tag="b1", via=peer_via())

    def test_a_lower_cseq_is_out_of_order(self) -> None:
        dialog = Dialog.from_uas(invite(), "b1")
        dialog.receive_request(self.from_peer("INFO", 9))  # gaps are allowed
        with pytest.raises(OutOfOrder, match="CSeq 8 is out of order; the last one was 9") as caught:
            dialog.receive_request(self.from_peer("BYE", 8))
        assert caught.value.status == 500

    def test_an_ack_has_the_number_of_its_invite(self) -> None:
        dialog = Dialog.from_uas(invite(), "b1")
        dialog.receive_request(self.from_peer("INFO", 9))
        dialog.receive_request(self.from_peer("ACK", 3))
        assert dialog.remote_cseq == 9

    def test_a_target_refresh_request_moves_the_remote_target(self) -> None:
        dialog = Dialog.from_uas(invite(), "b1")
        moved = ("Contact", "<sip:alice@192.0.2.77>")
        dialog.receive_request(self.from_peer("INFO", 4, moved))
        assert dialog.remote_target == "sip:alice@192.0.2.1:5060"
        dialog.receive_request(self.from_peer("INVITE", 5, moved))
        assert dialog.remote_target == "sip:alice@192.0.2.77"

    def test_it_knows_its_requests_by_call_id_and_tags(self) -> None:
        dialog = Dialog.from_uas(invite(), "b1")
        assert dialog.matches(self.from_peer("BYE", 4))
        assert not dialog.matches(request("BYE", to_tag="b2", via=peer_via()))
