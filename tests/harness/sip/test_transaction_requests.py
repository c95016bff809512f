"""The ACK and the CANCEL that an INVITE entails."""

from harness.sip.transaction_requests import ack_for, cancel_for
from tests.harness.sip.transaction_play import peer_via, request


def test_an_ack_has_the_to_of_its_response_and_one_via() -> None:
    """RFC 3261 section 17.1.1.3."""
    invite = request("INVITE", ("Contact", "<sip:a@b>"), cseq=7, via=peer_via())
    invite.headers.add("Via", "SIP/2.0/UDP other.example.com;branch=z9hG4bK0")
    ack = ack_for(invite, invite.response(486, to_tag="b9"))
    assert (ack.to.tag, str(ack.cseq), len(ack.vias)) == ("b9", "7 ACK", 1)
    assert "Contact" not in ack.headers
    assert ack.max_forwards == 70


def test_a_cancel_has_the_to_of_its_invite() -> None:
    """RFC 3261 section 9.1."""
    cancel = cancel_for(request("INVITE", cseq=7, via=peer_via()), [("Reason", "SIP;cause=200")])
    assert (cancel.to.tag, str(cancel.cseq)) == (None, "7 CANCEL")
    assert cancel.headers.get("Reason") == "SIP;cause=200"
