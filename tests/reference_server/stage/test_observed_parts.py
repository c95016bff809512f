"""Each stage direction shows on the wire, and ends when it is told to."""

from collections.abc import Iterator

import pytest

from harness.drivers.errors import WaitTimeout
from harness.sip.uri import SipUri
from harness.ua.call_state import CallState
from reference_server.dialect import load_dialect
from reference_server.faults.registry import install
from reference_server.parts import Blueprint
from reference_server.registrar import Registrar
from reference_server.stage.observed_parts import StagedRegistrar, observed
from tests.reference_server.stage.staged_trunk import ECHO, StagedTrunk
from tests.virtual.virtual_trunk import PROFILES


@pytest.fixture
def stage() -> Iterator[StagedTrunk]:
    staged = StagedTrunk()
    yield staged
    staged.close()


class TestRegister:
    def test_without_directions_all_is_as_always(self, stage: StagedTrunk) -> None:
        assert stage.phone.register().status == 200

    def test_a_status_is_given_as_often_as_told(self, stage: StagedTrunk) -> None:
        stage.direct(register={"status": 503, "times": 2, "retry_after": 30})
        first = stage.phone.register()
        assert (first.status, first.final.headers.get("Retry-After")) == (503, "30")
        assert [stage.phone.register().status for _ in range(2)] == [503, 200]

    def test_silence(self, stage: StagedTrunk) -> None:
        stage.direct(register={"silent": True})
        with pytest.raises(WaitTimeout):
            stage.phone.register(timeout=3)
        stage.direct()
        assert stage.phone.register().status == 200

    def test_a_stale_nonce(self, stage: StagedTrunk) -> None:
        stage.direct(register={"stale": True, "times": 1})
        registration = stage.phone.register()
        assert registration.statuses == [401, 401, 200]
        assert "stale=true" in (registration.responses[1].packet.data.decode().lower())

    def test_a_minimum(self, stage: StagedTrunk) -> None:
        stage.direct(register={"min_expires": 900})
        assert stage.phone.register(300).final.headers.get("Min-Expires") == "900"
        assert stage.phone.register(900).expires == 900

    def test_a_grant(self, stage: StagedTrunk) -> None:
        stage.direct(register={"expires_granted": 61})
        assert stage.phone.register(300).expires == 61
        assert stage.phone.unregister().bindings == []


class TestInvite:
    @pytest.mark.parametrize("status", [402, 404, 488, 503, 603])
    def test_a_status_comes_after_the_challenge(self, stage: StagedTrunk, status: int) -> None:
        stage.direct(invite={"status": status, "times": 1})
        assert stage.phone.call(ECHO).wait_final().statuses == [407, status]
        assert stage.phone.call(ECHO).wait_final().status == 200

    def test_a_stale_nonce(self, stage: StagedTrunk) -> None:
        stage.direct(invite={"stale": True, "times": 1})
        assert stage.phone.call(ECHO).wait_answered().statuses[:2] == [407, 407]

    def test_silence(self, stage: StagedTrunk) -> None:
        stage.direct(invite={"silent": True, "times": 1})
        assert stage.phone.call(ECHO).wait_ended(40).ended_by == "timeout"
        stage.phone.call(ECHO).wait_answered()

    def test_record_route_is_obeyed_by_a_phone(self, stage: StagedTrunk) -> None:
        stage.direct(invite={"record_route": True})
        call = stage.phone.call(ECHO).wait_answered()
        assert "lr" in (call.answer_message.headers.get("Record-Route") or "")
        call.hang_up()
        bye = next(each for each in stage.observed() if each.data.startswith(b"BYE"))
        assert b"\nRoute: <sip:127.0.0.1:5060" in bye.data

    @pytest.mark.parametrize(("maddr", "host"), [(True, "sip.skype.com"), ("192.0.2.1", "192.0.2.1")])
    def test_maddr_leads_back_to_the_trunk(self, stage: StagedTrunk, maddr: bool | str, host: str) -> None:
        stage.direct(invite={"maddr": maddr})
        call = stage.phone.call(ECHO).wait_answered()
        uri = call.answer_message.contacts[0].uri
        assert isinstance(uri, SipUri)
        assert (uri.host, uri.maddr) == (host, "127.0.0.1")
        assert call.hang_up().state is CallState.ENDED

    def test_copies_of_the_answer_and_other_headers(self, stage: StagedTrunk) -> None:
        stage.direct(invite={"answer_copies": 2, "headers": {"X-Unheard-Of": "1"}})
        stage.phone.call(ECHO).wait_answered()
        stage.wait(1)
        answers = [
            each.data
            for each in stage.observed()
            if each.data.startswith(b"SIP/2.0 200") and b"INVITE" in each.data
        ]
        acks = [each for each in stage.observed() if each.data.startswith(b"ACK") and b"tag=" in each.data]
        assert len(answers) == 2
        assert b"X-Unheard-Of: 1" in answers[0]
        assert len(acks) == 3  # one for the 407

    def test_a_session_timer(self, stage: StagedTrunk) -> None:
        stage.direct(invite={"session_expires": 90, "refresher": "uas"})
        call = stage.phone.call(ECHO, supported=("timer",), session_expires=1800).wait_answered()
        assert call.answer_message.headers.get("Session-Expires") == "90;refresher=uas"

    def test_another_profile_is_left_alone(self, stage: StagedTrunk) -> None:
        stage.direct(invite={"status": 503}, register={"status": 503})
        other = stage.trunk.phone(PROFILES[-1])
        assert other.register().status == 200
        other.call(ECHO).wait_answered()

    def test_provisional_responses(self, stage: StagedTrunk) -> None:
        stage.direct(invite={"provisional": [180, 183]})
        call = stage.phone.call("+442079460001").wait_answered()
        assert call.statuses == [407, 100, 180, 183, 200]
        assert [bool(each.body) for each in call.responses if each.status in (180, 183)] == [False, True]

    def test_another_algorithm(self, stage: StagedTrunk) -> None:
        stage.direct(authentication={"algorithm": "SHA-256"})
        stage.phone.call(ECHO).wait_answered()
        assert any(b"algorithm=SHA-256" in each.data for each in stage.observed())
        stage.direct()
        registration = stage.phone.register()
        assert registration.status == 200
        assert "SHA-256" not in (registration.first.headers.get("WWW-Authenticate") or "")


class TestChange:
    def test_a_change_of_the_call_is_refused(self, stage: StagedTrunk) -> None:
        stage.direct(change={"status": 488, "times": 1})
        call = stage.phone.call(ECHO).wait_answered()
        assert call.hold().modification_status == 488
        assert call.hold().modification_status == 200

    def test_a_491_is_followed_by_a_second_try(self, stage: StagedTrunk) -> None:
        stage.direct(change={"status": 491, "times": 1})
        call = stage.phone.call(ECHO).wait_answered()
        assert call.hold(timeout=8).modification_status == 200


class TestInbound:
    def test_the_invite_looks_as_told(self, stage: StagedTrunk) -> None:
        stage.direct(
            inbound={
                "headers": {"X-Unheard-Of": "1"},
                "max_forwards": 3,
                "to_user": "somebody",
                "request_user": "+442079460999",
                "size": 3000,
                "codecs": ["G729", "PCMU"],
                "session_expires": 120,
                "refresher": "uas",
            }
        )
        stage.call_in()
        invite = stage.phone.wait_call().invite
        assert invite.headers.get("X-Unheard-Of") == "1"
        assert invite.headers.get("Max-Forwards") == "3"
        assert "somebody@" in str(invite.to.uri)
        assert "+442079460999@" in invite.uri
        assert len(bytes(invite)) > 3000
        assert b" 18 0\r\n" in invite.body
        assert invite.headers.get("Session-Expires") == "120;refresher=uas"

    def test_no_ack_makes_the_answer_come_again(self, stage: StagedTrunk) -> None:
        stage.direct(inbound={"send_ack": False, "supported": ["100rel"]})
        stage.call_in()
        call = stage.phone.wait_call()
        assert call.invite.supported == ("100rel",)
        call.answer(timeout=0)
        stage.wait(4)
        assert len([each for each in stage.observed(kind="sip") if each.data.startswith(b"SIP/2.0 200")]) > 4

    def test_record_route_and_maddr(self, stage: StagedTrunk) -> None:
        stage.direct(inbound={"record_route": True, "maddr": "192.0.2.1"})
        call = stage.call_in(hang_up_after=1.0)
        phone_call = stage.phone.wait_call().answer()
        assert "lr" in (phone_call.invite.headers.get("Record-Route") or "")
        assert "maddr=127.0.0.1" in str(phone_call.invite.contacts[0].uri)
        phone_call.wait_ended()
        assert stage.control.call(call)["status"] == 200

    def test_a_phone_releases_through_the_route(self, stage: StagedTrunk) -> None:
        stage.direct(inbound={"record_route": True})
        stage.call_in()
        call = stage.phone.wait_call().answer().hang_up()
        assert call.state is CallState.ENDED


def test_a_fault_stays_under_the_stage() -> None:
    blueprint, _ = observed(install("expires-ignored", Blueprint(load_dialect("skype_connect"))))
    assert issubclass(blueprint.registrar, StagedRegistrar)
    assert issubclass(blueprint.registrar, Registrar)
    assert not blueprint.obeys
