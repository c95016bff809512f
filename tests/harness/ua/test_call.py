"""Calls between two phones in virtual time, as plays: who does what, and what the other sees."""

import pytest

from harness.drivers.errors import TargetUnreachable, WaitTimeout
from harness.drivers.phone import Phone
from harness.drivers.phone_call import PhoneCall
from harness.drivers.simulated import SimulatedNetwork
from harness.sip.errors import LocalError
from harness.sip.hop import Packet
from harness.sip.message import Request, Response
from harness.ua.account import Account
from harness.ua.call_options import CallOptions
from harness.ua.call_state import CallState, ImpossibleStep
from tests.harness.ua.conftest import ALICE, BOB


def establish(alice: Phone, bob: Phone, **options: object) -> tuple[PhoneCall, PhoneCall]:
    outgoing = alice.call("bob", **options)
    incoming = bob.wait_call()
    incoming.ring()
    outgoing.wait_ringing()
    incoming.answer()
    return outgoing.wait_answered(), incoming


def starts(packet: Packet, words: bytes) -> bool:
    return packet.data.startswith(words)


class TestSetUp:
    def test_a_call_rings_is_answered_and_is_hung_up_by_the_caller(self, alice: Phone, bob: Phone) -> None:
        outgoing, incoming = establish(alice, bob)
        assert outgoing.statuses == [100, 180, 200]
        outgoing.hang_up()
        incoming.wait_ended()
        assert (outgoing.ended_by, incoming.ended_by) == ("local", "remote")
        assert outgoing.status == incoming.status == 200

    def test_the_callee_hangs_up(self, alice: Phone, bob: Phone) -> None:
        outgoing, incoming = establish(alice, bob)
        incoming.hang_up()
        outgoing.wait_ended()
        assert (outgoing.ended_by, outgoing.reason) == ("remote", "BYE")

    def test_the_invite_says_what_a_phone_says(self, alice: Phone, bob: Phone) -> None:
        alice.call("+17606604690")
        invite = bob.wait_call().invite
        assert invite.uri == "sip:+17606604690@example.com"
        assert str(invite.to.uri) == "sip:+17606604690@example.com"
        assert str(invite.from_.uri) == "sip:alice@example.com"
        assert invite.max_forwards == 70
        assert "rport" in invite.via.params
        assert invite.headers.get("Contact") == "<sip:alice@192.0.2.1:5060>"
        assert invite.defects == ()

    def test_every_message_of_a_call_is_free_of_defects(
        self, alice: Phone, bob: Phone, network: SimulatedNetwork
    ) -> None:
        outgoing, _ = establish(alice, bob)
        outgoing.hold().resume().hang_up()
        for received in [*alice.received, *bob.received]:
            assert received.message is not None
            assert received.message.defects == ()

    def test_options_change_the_invite_for_the_worse(self, alice: Phone, bob: Phone) -> None:
        alice.call(
            "bob",
            from_uri="tel:+4420",
            to_uri="sip:x@example.org",
            headers=[("X-Test", "1")],
            replaced_headers={"Max-Forwards": "0", "Allow": None},
            sdp=b"junk",
            content_type="text/plain",
        )
        invite = bob.wait_call().invite
        assert str(invite.from_.uri) == "tel:+4420"
        assert str(invite.to.uri) == "sip:x@example.org"
        assert invite.headers.get("X-Test") == "1"
        assert invite.max_forwards == 0
        assert "Allow" not in invite.headers
        assert (invite.content_type, invite.body) == ("text/plain", b"junk")

    def test_a_busy_callee_refuses(self, alice: Phone, bob: Phone) -> None:
        outgoing = alice.call("bob")
        bob.wait_call().reject(486)
        outgoing.wait_ended()
        assert (outgoing.status, outgoing.ended_by, outgoing.reason) == (486, "remote", "486 Busy Here")

    def test_waiting_for_what_cannot_come_any_more_ends_at_once(
        self, alice: Phone, bob: Phone, network: SimulatedNetwork
    ) -> None:
        outgoing = alice.call("bob")
        bob.wait_call().reject(404)
        before = network.now()
        with pytest.raises(WaitTimeout) as failure:
            outgoing.wait_answered(timeout=30)
        assert network.now() - before < 1
        assert "404" in str(failure.value)

    def test_a_timeout_given_as_a_status_is_a_mistake_that_is_told(self, alice: Phone, bob: Phone) -> None:
        with pytest.raises(ValueError, match="timeout=SECONDS"):
            alice.call("bob").wait_status(180, 5)

    def test_nobody_answers_within_timer_b(self, alice: Phone) -> None:
        outgoing = alice.call("nobody").wait_ended(timeout=40)
        assert (outgoing.status, outgoing.ended_by) == (None, "timeout")

    def test_an_unreachable_target_is_named(self, alice: Phone, network: SimulatedNetwork) -> None:
        network.make_unreachable(BOB)
        with pytest.raises(TargetUnreachable, match=r"192\.0\.2\.2"):
            alice.call("bob").wait_answered()

    def test_an_unknown_extension_is_refused(self, alice: Phone, bob: Phone) -> None:
        outgoing = alice.call("bob", require=("teleport",)).wait_ended()
        assert outgoing.status == 420
        assert outgoing.responses[-1].headers.get("Unsupported") == "teleport"


class TestCancel:
    """RFC 3261 section 9."""

    def test_cancel_ends_a_ringing_call_with_487(self, alice: Phone, bob: Phone) -> None:
        outgoing = alice.call("bob")
        incoming = bob.wait_call()
        incoming.ring()
        outgoing.wait_ringing().cancel().wait_ended()
        assert (outgoing.status, outgoing.ended_by) == (487, "local")
        assert (incoming.status, incoming.ended_by) == (487, "remote")

    def test_the_answer_to_cancel_may_come_after_the_487(
        self, alice: Phone, bob: Phone, network: SimulatedNetwork
    ) -> None:
        """RFC 3261 section 9.1: the two are independent, and the first answer to CANCEL may be lost."""
        outgoing = alice.call("bob")
        bob.wait_call().ring()
        outgoing.wait_ringing()
        lost: list[Packet] = []

        def is_first_answer(packet: Packet) -> bool:
            if b"CSeq: " not in packet.data or not packet.data.startswith(b"SIP/2.0 200"):
                return False
            lost.append(packet)
            return len(lost) == 1

        network.drop_if = is_first_answer
        outgoing.cancel()
        assert outgoing.wait_response("CANCEL").status == 200
        assert (outgoing.status, len(lost)) == (487, 2)

    def test_cancel_waits_for_the_first_provisional_response(
        self, alice: Phone, bob: Phone, network: SimulatedNetwork
    ) -> None:
        outgoing = alice.call("bob").cancel()
        network.run_until(lambda: bool(bob.received), 1)
        assert [str(r) for r in bob.received] == ["INVITE sip:bob@example.com"]
        outgoing.wait_ended()
        assert outgoing.status == 487

    def test_a_200_that_crosses_cancel_gets_ack_and_bye(self, alice: Phone, bob: Phone) -> None:
        outgoing = alice.call("bob")
        incoming = bob.wait_call()
        incoming.ring()
        outgoing.wait_ringing()
        incoming.answer(timeout=0)
        outgoing.cancel().wait_ended()
        incoming.wait_ended()
        assert [r.method for r in incoming.requests] == ["INVITE", "ACK", "BYE"]
        assert outgoing.status == 200

    def test_cancel_without_any_answer_times_out(
        self, alice: Phone, bob: Phone, network: SimulatedNetwork
    ) -> None:
        outgoing = alice.call("bob").wait_trying()
        network.drop_if = lambda packet: packet.source == BOB
        outgoing.cancel().wait_ended(timeout=40)
        assert outgoing.ended_by == "local"

    def test_an_answered_call_cannot_be_cancelled(self, alice: Phone, bob: Phone) -> None:
        outgoing, _ = establish(alice, bob)
        with pytest.raises(ImpossibleStep):
            outgoing.cancel()


class TestAnswerUntilAck:
    """RFC 3261 sections 13.2.2.4 and 13.3.1.4."""

    def test_the_200_is_repeated_until_ack_and_then_comes_bye(
        self, alice: Phone, bob: Phone, network: SimulatedNetwork
    ) -> None:
        outgoing = alice.call("bob", send_ack=False)
        incoming = bob.wait_call()
        incoming.answer(timeout=0)
        incoming.wait_ended(timeout=40)
        assert outgoing.statuses.count(200) == 11  # 0, 0.5, 1.5, 3.5, 7.5, 11.5 ... 31.5 s
        assert (incoming.ended_by, incoming.reason) == ("timeout", "no ACK for our 2xx")
        assert outgoing.wait_ended().reason == "BYE"

    def test_a_lost_ack_is_sent_again_for_the_repeated_200(
        self, alice: Phone, bob: Phone, network: SimulatedNetwork
    ) -> None:
        dropped: list[Packet] = []

        def first_ack(packet: Packet) -> bool:
            if starts(packet, b"ACK") and not dropped:
                dropped.append(packet)
                return True
            return False

        network.drop_if = first_ack
        outgoing = alice.call("bob")
        bob.wait_call().answer()
        assert outgoing.statuses.count(200) == 2
        acks = {traced.packet.data for traced in network.trace.packets if starts(traced.packet, b"ACK")}
        assert acks == {dropped[0].data}, "the second ACK is the first one again, branch and all"

    def test_the_callee_hangs_up_only_after_the_ack(
        self, alice: Phone, bob: Phone, network: SimulatedNetwork
    ) -> None:
        alice.call("bob")
        incoming = bob.wait_call()
        incoming.answer(timeout=0)
        incoming.hang_up()
        assert [r.method for r in incoming.requests] == ["INVITE", "ACK"]

    def test_a_bye_without_answer_ends_by_timer_f(self, alice: Phone, bob: Phone) -> None:
        bob.agent.incoming_options = CallOptions(answer_bye=False)
        outgoing, incoming = establish(alice, bob)
        outgoing.hang_up(timeout=40)
        assert incoming.state is CallState.ENDED


class TestForking:
    """RFC 3261 section 13.2.2.4: several To tags."""

    def test_a_second_answer_gets_ack_and_bye_and_the_first_goes_on(
        self, alice: Phone, network: SimulatedNetwork
    ) -> None:
        proxy = RawHost(network)
        outgoing = alice.call("bob")
        network.run_until(lambda: bool(proxy.received), 1)
        invite = proxy.received[0]
        assert isinstance(invite, Request)
        for tag in ("one", "two"):
            proxy.send(invite.response(180, to_tag=tag, headers=[("Contact", f"<sip:{tag}@192.0.2.2>")]))
        for tag in ("two", "one"):
            proxy.send(invite.response(200, to_tag=tag, headers=[("Contact", f"<sip:{tag}@192.0.2.2>")]))
        network.run_until(lambda: len(proxy.received) >= 4, 1)
        assert outgoing.dialog is not None
        assert outgoing.dialog.remote_tag == "two"
        seen = [(r.method, r.uri) for r in proxy.requests()[1:]]
        assert seen == [
            ("ACK", "sip:two@192.0.2.2"),
            ("ACK", "sip:one@192.0.2.2"),
            ("BYE", "sip:one@192.0.2.2"),
        ]
        assert outgoing.state is CallState.ANSWERED


class TestInDialogRequests:
    def test_options_and_info_inside_a_dialog_are_answered(self, alice: Phone, bob: Phone) -> None:
        outgoing, _ = establish(alice, bob)
        assert outgoing.request("OPTIONS").status == 200
        headers = [("Content-Type", "application/dtmf-relay")]
        assert outgoing.request("INFO", headers, b"Signal=1").status == 200

    def test_methods_without_a_place_there_are_refused(self, alice: Phone, bob: Phone) -> None:
        outgoing, _ = establish(alice, bob)
        assert outgoing.request("REFER").status == 405
        assert outgoing.request("DANCE").status == 501

    def test_a_request_out_of_order_gets_500(self, alice: Phone, bob: Phone) -> None:
        outgoing, _ = establish(alice, bob)
        assert outgoing.dialog is not None
        outgoing.dialog.local_cseq = 0
        assert outgoing.request("OPTIONS").status == 500

    def test_a_request_after_the_end_gets_481(self, alice: Phone, bob: Phone) -> None:
        outgoing, _ = establish(alice, bob)
        dialog = outgoing.dialog
        assert dialog is not None
        outgoing.hang_up()
        request = dialog.build_request("BYE")
        request.headers.add_first("Via", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKlate;rport")
        alice.send(request)
        assert alice.wait_response_to(request).status == 481

    def test_a_challenged_bye_is_sent_again_with_credentials(
        self, alice: Phone, network: SimulatedNetwork
    ) -> None:
        far = RawHost(network)
        outgoing = alice.call("bob")
        network.run_until(lambda: bool(far.received), 1)
        contact = [("Contact", "<sip:bob@192.0.2.2>")]
        far.send(far.requests()[0].response(200, to_tag="far", headers=contact))
        outgoing.wait_answered()
        outgoing.core.hang_up(network.now())
        network.run_until(lambda: far.methods()[-1] == "BYE", 1)
        challenge = 'Digest realm="example.com", nonce="n", qop="auth"'
        far.send(far.requests()[-1].response(407, headers=[("Proxy-Authenticate", challenge)]))
        network.run_until(lambda: far.methods().count("BYE") == 2, 1)
        again = far.requests()[-1]
        assert "Proxy-Authorization" in again.headers
        far.send(again.response(200))
        outgoing.wait_ended()
        assert outgoing.ended_by == "local"


class TestUnderLoss:
    @pytest.mark.parametrize("seed", range(12))
    def test_calls_succeed_with_a_fifth_of_all_packets_lost(self, seed: int) -> None:
        network = SimulatedNetwork(seed, loss=0.2, duplicate=0.1, reorder=0.2)
        alice = Phone(network, Account("alice", "x", BOB), local=ALICE[1:])
        bob = Phone(network, Account("bob", "x", ALICE), local=BOB[1:])
        outgoing = alice.call("bob", media="none")
        incoming = bob.wait_call(timeout=32)
        incoming.ring()
        incoming.answer(timeout=32)
        outgoing.wait_answered(timeout=32)
        outgoing.reinvite(timeout=32)
        assert outgoing.modification_status == 200
        outgoing.hang_up(timeout=32)
        incoming.wait_ended(timeout=32)
        assert (outgoing.ended_by, incoming.ended_by) == ("local", "remote")


class TestClose:
    def test_close_ends_every_call_whatever_its_state(self, network: SimulatedNetwork) -> None:
        alice = Phone(network, Account("alice", "x", BOB), local=ALICE[1:])
        bob = Phone(network, Account("bob", "x", ALICE), local=BOB[1:])
        establish(alice, bob)
        ringing = alice.call("bob")
        bob.wait_call().ring()
        ringing.wait_ringing()
        alice.call("bob")
        before = network.now()
        alice.close()
        assert network.now() - before < 1
        assert [call.state for call in alice.calls] == [CallState.ENDED] * 3
        assert {call.ended_by for call in bob.calls} == {"remote"}
        alice.close()
        bob.close()

    def test_close_sends_bye_even_when_its_200_was_never_acknowledged(self, alice: Phone, bob: Phone) -> None:
        outgoing = alice.call("bob", send_ack=False)
        bob.wait_call().answer(timeout=0)
        outgoing.wait_status(200)
        bob.close()
        assert outgoing.wait_ended().reason == "BYE"

    def test_close_does_not_wait_for_a_dead_peer(self, alice: Phone, network: SimulatedNetwork) -> None:
        alice.call("nobody")
        before = network.now()
        alice.close()
        assert network.now() - before < 1

    def test_a_step_the_state_forbids_is_an_error_that_says_so(self, alice: Phone, bob: Phone) -> None:
        outgoing = alice.call("bob")
        incoming = bob.wait_call()
        incoming.reject(486)
        with pytest.raises(LocalError, match="ended"):
            incoming.answer()
        with pytest.raises(LocalError, match="ended"):
            outgoing.wait_ended().hold()


class RawHost:
    """A host at Bob's address that notes what comes and says what a test tells it."""

    def __init__(self, network: SimulatedNetwork) -> None:
        self.received: list[Request | Response] = []
        self._packets: list[Packet] = []
        network.bind(self, BOB)

    def send(self, message: Request | Response) -> None:
        self._packets.append(Packet(bytes(message), BOB, ALICE))

    def requests(self) -> list[Request]:
        return [message for message in self.received if isinstance(message, Request)]

    def methods(self) -> list[str]:
        return [request.method for request in self.requests()]

    def receive(self, packet: Packet, now: float) -> None:
        from harness.sip.message import parse_message

        self.received.append(parse_message(packet.data))

    def next_timer(self) -> float | None:
        return None

    def handle_timers(self, now: float) -> None: ...

    def packets_to_send(self) -> list[Packet]:
        packets, self._packets = self._packets, []
        return packets

    def events_received(self) -> list[object]:
        return []

    def transport_failed(self, destination: object, now: float) -> None: ...
