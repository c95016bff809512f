"""Changing a session that stands: hold, re-INVITE, UPDATE, glare, PRACK and session timers."""

import pytest

from harness.drivers.phone import Phone
from harness.drivers.simulated import SimulatedNetwork
from harness.sip.errors import LocalError
from harness.ua.call_options import CallOptions
from harness.ua.call_state import CallState
from tests.harness.ua.test_call import establish

ILBC_ALONE = (
    b"v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
    b"m=audio 4000 RTP/AVP 97\r\na=rtpmap:97 iLBC/8000\r\n"
)


class TestHold:
    """RFC 3264 section 8.4."""

    def test_hold_stops_the_other_sides_media_and_resume_starts_it_again(
        self, alice: Phone, bob: Phone
    ) -> None:
        outgoing, incoming = establish(alice, bob)
        outgoing.wait_media(5)
        outgoing.hold()
        assert (outgoing.media.agreed, incoming.media.agreed) != (None, None)
        outgoing.wait(0.1)
        before = outgoing.media.received_packets
        heard = incoming.media.received_packets
        outgoing.wait(0.5)
        assert outgoing.media.received_packets == before
        assert incoming.media.received_packets > heard + 20
        outgoing.resume().wait_media(5)

    def test_both_sides_may_hold(self, alice: Phone, bob: Phone) -> None:
        outgoing, incoming = establish(alice, bob)
        outgoing.hold()
        incoming.hold()
        assert incoming.media.agreed is not None
        assert incoming.media.agreed.direction == "inactive"

    def test_the_session_version_grows_with_each_change_only(self, alice: Phone, bob: Phone) -> None:
        outgoing, _ = establish(alice, bob)
        outgoing.reinvite().hold()
        bodies = [item.message.body for item in outgoing.history if item.way == "sent" and item.message.body]
        versions = [body.split(b"\r\n")[1].split()[2] for body in bodies]
        assert versions == [b"1", b"1", b"2"]


class TestGlare:
    """RFC 3261 section 14."""

    def test_both_reinvite_at_once_and_both_come_through(
        self, alice: Phone, bob: Phone, network: SimulatedNetwork
    ) -> None:
        outgoing, incoming = establish(alice, bob)
        outgoing.core.reinvite(network.now())
        incoming.core.reinvite(network.now())
        assert network.run_until(lambda: not outgoing.core.modifying and not incoming.core.modifying, 10)
        assert 491 in [r.status for r in outgoing.responses]
        assert 491 in [r.status for r in incoming.responses]
        assert (outgoing.modification_status, incoming.modification_status) == (200, 200)

    def test_a_reinvite_overtakes_the_ack_of_the_one_before(
        self, alice: Phone, bob: Phone, network: SimulatedNetwork
    ) -> None:
        """RFC 5407 section 3.1.4: the offer is answered, so the next one is not refused."""
        outgoing, incoming = establish(alice, bob)
        network.drop_if = lambda packet: packet.data.startswith(b"ACK ")
        assert outgoing.reinvite().modification_status == 200
        network.drop_if = None
        assert outgoing.reinvite().modification_status == 200
        outgoing.wait(40)
        assert incoming.state is CallState.ANSWERED

    def test_a_second_change_of_ours_must_wait(
        self, alice: Phone, bob: Phone, network: SimulatedNetwork
    ) -> None:
        outgoing, _ = establish(alice, bob)
        outgoing.core.reinvite(network.now())
        with pytest.raises(LocalError, match="on its way"):
            outgoing.core.reinvite(network.now())

    def test_a_refused_reinvite_leaves_the_call_as_it_was(self, alice: Phone, bob: Phone) -> None:
        outgoing, _ = establish(alice, bob)
        outgoing.reinvite(sdp=ILBC_ALONE)
        assert outgoing.modification_status == 488
        assert outgoing.state is CallState.ANSWERED
        outgoing.wait_media(5)


class TestUpdate:
    """RFC 3311."""

    def test_update_without_sdp_is_answered(self, alice: Phone, bob: Phone) -> None:
        outgoing, incoming = establish(alice, bob)
        assert outgoing.update().modification_status == 200
        assert incoming.wait_request("UPDATE").body == b""

    def test_update_with_an_offer_changes_the_direction(self, alice: Phone, bob: Phone) -> None:
        _, incoming = establish(alice, bob)
        assert incoming.update("sendonly").modification_status == 200
        assert incoming.media.agreed is not None
        assert incoming.media.agreed.direction == "sendonly"


class TestReliableProvisional:
    """RFC 3262."""

    def test_a_reliable_183_gets_prack_and_early_media_flows(self, alice: Phone, bob: Phone) -> None:
        outgoing = alice.call("bob", supported=("100rel",))
        incoming = bob.wait_call()
        incoming.ring(183, reliable=True, early_media=True)
        incoming.wait_request("PRACK")
        outgoing.wait_media(5)
        incoming.play_tone(425)
        outgoing.wait_tone(425)
        incoming.answer()
        outgoing.wait_answered().hang_up()
        assert outgoing.statuses == [100, 183, 200]

    def test_the_answer_waits_for_the_prack(
        self, alice: Phone, bob: Phone, network: SimulatedNetwork
    ) -> None:
        outgoing = alice.call("bob", supported=("100rel",))
        incoming = bob.wait_call()
        incoming.ring(183, reliable=True)
        incoming.answer()
        outgoing.wait_answered()
        assert [r.method for r in incoming.requests] == ["INVITE", "PRACK", "ACK"]

    def test_without_prack_the_183_is_repeated_and_the_call_fails(self, alice: Phone, bob: Phone) -> None:
        outgoing = alice.call("bob", supported=("100rel",), send_prack=False)
        incoming = bob.wait_call()
        incoming.ring(183, reliable=True)
        outgoing.wait_ended(timeout=40)
        assert outgoing.statuses.count(183) > 5
        assert outgoing.status == 504

    def test_a_caller_without_100rel_cannot_be_rung_reliably(self, alice: Phone, bob: Phone) -> None:
        alice.call("bob")
        with pytest.raises(LocalError, match="100rel"):
            bob.wait_call().ring(183, reliable=True)


class TestLateOffer:
    """RFC 3261 section 13.2.1: the offer in the 2xx, the answer in the ACK."""

    def test_media_flows_both_ways(self, alice: Phone, bob: Phone) -> None:
        outgoing, incoming = establish(alice, bob, late_offer=True)
        assert outgoing.invite.body == b""
        incoming.wait_media(5)
        outgoing.wait_media(5)
        assert incoming.requests[-1].method == "ACK"
        assert b"m=audio" in incoming.requests[-1].body


class TestSessionTimer:
    """RFC 4028."""

    def test_the_refresher_refreshes_at_half_time(self, alice: Phone, bob: Phone) -> None:
        outgoing, incoming = establish(alice, bob, session_expires=90, refresher="uac", media="none")
        outgoing.wait(50)
        assert [r.method for r in incoming.requests] == ["INVITE", "ACK", "UPDATE"]
        outgoing.wait(200)
        assert outgoing.state is CallState.ANSWERED

    def test_the_callee_may_be_the_refresher(self, alice: Phone, bob: Phone) -> None:
        outgoing, _ = establish(alice, bob, session_expires=90, refresher="uas", media="none")
        assert outgoing.wait_request("UPDATE", timeout=60) is not None

    def test_a_session_nobody_refreshes_ends_with_bye(self, alice: Phone, bob: Phone) -> None:
        outgoing, incoming = establish(
            alice, bob, session_expires=90, refresher="uac", refresh=False, media="none"
        )
        incoming.wait_ended(timeout=90)
        assert "session expired" in (incoming.reason, outgoing.reason)

    def test_a_422_is_followed_with_the_larger_interval(self, alice: Phone, bob: Phone) -> None:
        bob.agent.incoming_options = CallOptions(min_se=120)
        outgoing = alice.call("bob", session_expires=90)
        bob.wait_call().answer(timeout=0)
        second = bob.wait_call()
        second.answer()
        outgoing.wait_answered()
        assert outgoing.statuses == [100, 422, 100, 200]
        assert second.invite.headers.get("Session-Expires") == "120"
        assert second.invite.headers.get("Min-SE") == "120"

    def test_a_dead_peer_is_noticed(self, alice: Phone, bob: Phone, network: SimulatedNetwork) -> None:
        outgoing, _ = establish(alice, bob, session_expires=90, refresher="uac", media="none")
        network.drop_if = lambda packet: True
        outgoing.wait_ended(timeout=150)
        assert outgoing.ended_by == "timeout"
