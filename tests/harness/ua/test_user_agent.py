"""Requests outside dialogs in virtual time: REGISTER and its challenges, OPTIONS, what a phone answers."""

from collections.abc import Callable

import pytest

from harness.drivers.errors import TargetUnreachable, WaitTimeout
from harness.drivers.phone import Phone
from harness.drivers.simulated import SimulatedNetwork
from harness.sip.challenge import Challenge
from harness.sip.hop import Hop, Packet
from harness.sip.message import Request, Response
from tests.harness.ua.conftest import ALICE, BOB
from tests.harness.ua.test_call import RawHost

Answer = Callable[[Request], Response]


class Registrar(RawHost):
    """A registrar that challenges and grants what it is told."""

    def __init__(self, network: SimulatedNetwork, granted: int = 120, minimum: int = 0) -> None:
        super().__init__(network)
        self._granted = granted
        self._minimum = minimum
        self.nonce = 0

    def receive(self, packet: Packet, now: float) -> None:
        super().receive(packet, now)
        request = self.received[-1]
        if isinstance(request, Request):
            self.send(self._answer(request))

    def _answer(self, request: Request) -> Response:
        if "Authorization" not in request.headers:
            self.nonce += 1
            challenge = Challenge("example.com", f"nonce{self.nonce}")
            return request.response(401, to_tag="r", headers=[("WWW-Authenticate", str(challenge))])
        expires = request.expires if request.expires is not None else 3600
        if 0 < expires < self._minimum:
            return request.response(423, to_tag="r", headers=[("Min-Expires", str(self._minimum))])
        contacts = [
            ("Contact", f"{contact};expires={min(expires, self._granted)}")
            for contact in request.contacts
            if expires
        ]
        return request.response(200, to_tag="r", headers=contacts)


class TestRegistration:
    """RFC 3261 section 10.2."""

    def test_a_challenge_is_answered_and_the_grant_is_read(
        self, alice: Phone, network: SimulatedNetwork
    ) -> None:
        Registrar(network, granted=120)
        registration = alice.register(expires=300)
        assert registration.statuses == [401, 200]
        assert registration.expires == 120
        assert len(registration.bindings) == 1
        assert registration.is_registered(network.now())
        assert not registration.is_registered(network.now() + 121)

    def test_refreshing_keeps_call_id_and_counts_cseq(self, alice: Phone, network: SimulatedNetwork) -> None:
        registrar = Registrar(network)
        alice.register()
        alice.register()
        requests = registrar.requests()
        assert len({request.call_id for request in requests}) == 1
        assert [request.cseq.number for request in requests] == [1, 2, 3, 4]

    def test_a_423_is_final_unless_it_shall_be_obeyed(self, alice: Phone, network: SimulatedNetwork) -> None:
        Registrar(network, minimum=60)
        assert alice.register(expires=10).status == 423
        obedient = alice.register(expires=10, obey_min_expires=True)
        assert (obedient.status, obedient.expires) == (200, 60)

    def test_closing_the_phone_removes_the_binding(self, alice: Phone, network: SimulatedNetwork) -> None:
        registrar = Registrar(network)
        alice.register()
        alice.close()
        assert registrar.requests()[-1].expires == 0
        assert "Authorization" in registrar.requests()[-1].headers

    def test_an_automatic_registration_is_refreshed_in_time(
        self, alice: Phone, network: SimulatedNetwork
    ) -> None:
        Registrar(network, granted=100)
        registration = alice.register(automatic=True)
        for _ in range(10):
            alice.wait(60)
            assert registration.is_registered(network.now())

    def test_contacts_headers_and_cseq_can_be_chosen(self, alice: Phone, network: SimulatedNetwork) -> None:
        registrar = Registrar(network)
        alice.register(expires=0, contacts=["*"], cseq=77, headers=[("X-Test", "1")], call_id="mine")
        first = registrar.requests()[0]
        assert first.contact_is_star
        assert (first.cseq.number, first.call_id, first.headers.get("X-Test")) == (77, "mine", "1")

    def test_wrong_credentials_are_tried_once(self, alice: Phone, network: SimulatedNetwork) -> None:
        far = RawHost(network)

        def refuse(packet: Packet, now: float) -> None:
            RawHost.receive(far, packet, now)
            request = far.requests()[-1]
            challenge = Challenge("example.com", f"n{len(far.received)}")
            far.send(request.response(401, to_tag="r", headers=[("WWW-Authenticate", str(challenge))]))

        far.receive = refuse  # type: ignore[method-assign]  # the play of this test
        assert alice.register().statuses == [401, 401]


class TestRequests:
    def test_options_is_answered_with_what_a_phone_can(self, alice: Phone, bob: Phone) -> None:
        exchange = alice.request("OPTIONS", "sip:bob@example.com")
        assert exchange.first is exchange.final
        assert exchange.status == 200
        assert "INVITE" in exchange.final.allow

    def test_unknown_methods_and_dialogs_are_refused(self, alice: Phone, bob: Phone) -> None:
        assert alice.request("DANCE").status == 501
        assert alice.request("REGISTER").status == 405
        assert alice.request("BYE").status == 481

    def test_no_answer_is_a_timeout_that_says_what_was_seen(self, alice: Phone) -> None:
        with pytest.raises(WaitTimeout, match="final response to OPTIONS within 2 s; seen: nothing"):
            alice.request("OPTIONS", timeout=2)

    def test_an_unreachable_target_is_named(self, alice: Phone, network: SimulatedNetwork) -> None:
        network.make_unreachable(BOB, "connection refused")
        with pytest.raises(TargetUnreachable, match="connection refused"):
            alice.request("OPTIONS")

    def test_a_malformed_request_is_answered_400(self, alice: Phone, bob: Phone) -> None:
        request = alice.build_request("OPTIONS")
        request.headers.set("CSeq", "x OPTIONS")
        alice.send(request)
        received = alice.wait_message(lambda message: isinstance(message, Response))
        assert isinstance(received.message, Response)
        assert received.message.status == 400

    def test_a_raw_request_is_sent_as_it_is(self, alice: Phone, bob: Phone) -> None:
        request = alice.build_request("OPTIONS", headers=[("X-Test", "1")])
        alice.send(bytes(request), Hop(*BOB))
        assert alice.wait_response_to(request).status == 200
        assert bob.received[-1].packet == Packet(bytes(request), ALICE, BOB)
