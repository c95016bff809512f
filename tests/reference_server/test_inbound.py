"""Calls towards the PBX: "the SIP username in the To header and Online Number or extension tag [...] in the
Request URI" (Quick Start Guide)."""

import pytest

from harness.sip.uri import SipUri
from reference_server.inbound import Behaviour, Order, UnknownCallee
from reference_server.live_call import LiveCall
from tests.reference_server.trunk_play import IP_SOURCE, ONLINE_NUMBER, USERNAME, TrunkPlay, play


def place(trunk: TrunkPlay, order: Order) -> LiveCall:
    return trunk.trunk.place_call(order, trunk.network.now())


@pytest.mark.parametrize(
    ("order", "user"),
    [
        (Order(USERNAME, number=ONLINE_NUMBER), ONLINE_NUMBER),
        (Order(number=ONLINE_NUMBER), ONLINE_NUMBER),
        (Order(USERNAME, account="sales.example"), "200"),
        (Order(USERNAME, account="nobody.example"), USERNAME),
        (Order(USERNAME), USERNAME),
    ],
)
def test_request_uri_holds_what_was_called_and_to_the_sip_username(order: Order, user: str) -> None:
    trunk = play()
    phone = trunk.phone()
    phone.register()
    place(trunk, order)
    invite = phone.wait_call().invite
    uri = invite.parsed_uri
    assert isinstance(uri, SipUri)
    assert uri.unescaped_user == user
    assert str(invite.to.uri) == f"sip:{USERNAME}@sip.skype.com"
    assert invite.from_.sip_uri.host == "sip.skype.com"
    assert invite.headers.get("Allow") == "INVITE, ACK, CANCEL, OPTIONS, BYE"
    assert "Proxy-Authorization" not in invite.headers
    assert "Authorization" not in invite.headers


def test_parameters_of_the_contact_stay_and_the_newest_contact_rings() -> None:
    trunk = play()
    old, new = trunk.phone(), trunk.phone()
    old.register()
    new.register(contacts=[f"<sip:x@{new.local.host}:{new.local.port};line=abc>"])
    place(trunk, Order(USERNAME, number=ONLINE_NUMBER))
    assert new.wait_call().invite.uri == f"sip:{ONLINE_NUMBER}@{new.local.host}:5060;line=abc"
    assert old.incoming_calls == []


def test_an_inactive_profile_does_not_ring() -> None:
    """facts.md, Commercial: too little balance "means loss of connectivity"."""
    trunk = play(active=False)
    phone = trunk.phone()
    assert phone.register().status == 200
    live = place(trunk, Order(USERNAME))
    trunk.wait(0.5)
    assert phone.incoming_calls == []
    assert (live.state, live.status, live.cause) == ("ended", 480, "no channel subscription")
    assert trunk.channels_used() == 0


def test_an_answered_call_is_recorded_from_start_to_end() -> None:
    trunk = play()
    phone = trunk.phone()
    phone.register()
    live = place(trunk, Order(USERNAME, ONLINE_NUMBER, behaviour=Behaviour(hang_up_after=3)))
    call = phone.wait_call()
    assert live.state == "ringing"
    call.answer()
    trunk.wait(1)
    assert live.state == "answered"
    call.wait_ended()
    trunk.wait(1)
    record = trunk.store.records()[-1]
    assert (record.direction, record.number, record.status) == ("inbound", ONLINE_NUMBER, 200)
    assert (record.released_by, record.cause) == ("caller", "caller hung up")
    assert record.answered is not None
    assert record.ended - record.answered == pytest.approx(3, abs=0.1)


def test_a_challenge_is_the_fault_of_the_pbx_and_ends_the_call() -> None:
    """Quick Start Guide: "Incoming calls will not request authentication as you are a trusted user"."""
    trunk = play()
    phone = trunk.phone()
    phone.register()
    live = place(trunk, Order(USERNAME))
    phone.wait_call().reject(401)
    trunk.wait(1)
    assert live.state == "ended"
    assert live.fault_of_pbx == "challenged an inbound call with 401"
    assert "challenged" in trunk.store.records()[-1].cause


def test_nobody_registered_is_480() -> None:
    live = place(play(), Order(USERNAME))
    assert (live.state, live.status, live.cause) == ("ended", 480, "no contact is registered")


def test_the_pbx_of_an_ip_profile_is_called_at_its_address() -> None:
    trunk = play()
    phone = trunk.phone("99051000000233", "", local=IP_SOURCE)
    place(trunk, Order("99051000000233"))
    assert phone.wait_call().invite.uri == "sip:99051000000233@10.0.0.77:5070"


def test_the_caller_gives_up_after_its_patience() -> None:
    trunk = play()
    phone = trunk.phone()
    phone.register()
    live = place(trunk, Order(USERNAME, behaviour=Behaviour(ring_timeout=10)))
    phone.wait_call().ring()
    trunk.wait(11)
    assert (live.state, live.status, live.cause) == ("ended", 487, "no answer")


@pytest.mark.parametrize("order", [Order("nobody"), Order(USERNAME, number="+15005550000"), Order()])
def test_an_order_to_nobody_is_refused(order: Order) -> None:
    with pytest.raises(UnknownCallee):
        place(play(), order)
