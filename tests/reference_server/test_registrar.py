"""Registration, RFC 3261 section 10.3, in virtual time."""

from typing import Any

import pytest

from harness.drivers.phone import Phone
from harness.sip.message import Response
from reference_server.dialect import RegistrationRules
from reference_server.store.rows import BindingRow
from tests.reference_server.raw_peer import RawPeer
from tests.reference_server.trunk_play import TRUNK, USERNAME, TrunkPlay, play


def register(phone: Phone, *contacts: str, expires: int | None = None, **options: Any) -> Response:
    return phone.register(expires=expires, contacts=contacts, **options).exchange.final


def bound(response: Response) -> list[str]:
    return sorted(str(contact.uri) for contact in response.contacts)


def test_several_contacts_are_bound_and_listed_with_their_expiry() -> None:
    phone = play().phone()
    register(phone, "<sip:a@10.9.0.1>", expires=600)
    response = register(phone, "<sip:b@10.9.0.2>;expires=120", expires=600)
    assert bound(response) == ["sip:a@10.9.0.1", "sip:b@10.9.0.2"]
    assert {contact.params.get("expires") for contact in response.contacts} == {"600", "120"}


def test_the_same_contact_is_refreshed() -> None:
    phone = play().phone()
    register(phone, "<sip:a@10.9.0.1;transport=udp>", expires=100)
    response = register(phone, "<sip:a@10.9.0.1;TRANSPORT=UDP>", expires=600)
    assert len(response.contacts) == 1
    assert response.contacts[0].params.get("expires") == "600"


def test_a_binding_ends_with_its_expiry() -> None:
    trunk = play()
    phone = trunk.phone()
    register(phone, "<sip:a@10.9.0.1>", expires=60)
    trunk.wait(59)
    assert len(register(phone).contacts) == 1
    trunk.wait(2)
    assert register(phone).contacts == []


def test_a_query_changes_nothing() -> None:
    phone = play().phone()
    register(phone, "<sip:a@10.9.0.1>")
    assert bound(register(phone)) == ["sip:a@10.9.0.1"]
    assert bound(register(phone)) == ["sip:a@10.9.0.1"]


def test_one_contact_is_removed_by_expiry_zero() -> None:
    phone = play().phone()
    register(phone, "<sip:a@10.9.0.1>", "<sip:b@10.9.0.2>")
    assert bound(register(phone, "<sip:a@10.9.0.1>;expires=0")) == ["sip:b@10.9.0.2"]


def test_star_removes_all_and_only_with_expires_zero() -> None:
    phone = play().phone()
    register(phone, "<sip:a@10.9.0.1>", "<sip:b@10.9.0.2>")
    refused = register(phone, "*", expires=60)
    assert (refused.status, refused.reason) == (400, "Bad Contact header")
    assert len(register(phone).contacts) == 2
    assert register(phone, "*", expires=0).contacts == []


def test_too_brief_an_interval_is_423_with_min_expires() -> None:
    response = register(play().phone(), "<sip:a@10.9.0.1>", expires=59)
    assert (response.status, response.headers.get("Min-Expires")) == (423, "60")


def test_a_profile_may_have_a_minimum_of_its_own() -> None:
    assert register(play(min_expires=1).phone(), "<sip:a@10.9.0.1>", expires=1).status == 200


def test_the_longest_interval_is_granted_at_most() -> None:
    response = register(play().phone(), "<sip:a@10.9.0.1>", expires=10_000_000)
    assert response.contacts[0].params.get("expires") == str(rules(play()).max_expires)


def test_an_older_register_of_the_same_call_changes_nothing() -> None:
    """RFC 3261 section 10.3 step 7."""
    phone = play().phone()
    register(phone, "<sip:a@10.9.0.1>", call_id="one", cseq=20)
    refused = register(phone, "<sip:a@10.9.0.1>;expires=0", call_id="one", cseq=10)
    assert refused.status == 500
    assert len(register(phone).contacts) == 1


def test_nobody_registers_for_another() -> None:
    response = register(play().phone(), "<sip:a@10.9.0.1>", to_uri="sip:99051000000232@sip.skype.com")
    assert response.status == 403
    assert "99051000000232 in To" in (response.headers.get("Warning") or "")


def test_too_many_contacts_are_refused() -> None:
    phone = play().phone()
    contacts = [f"<sip:a@10.9.0.{host}>" for host in range(1, 12)]
    assert register(phone, *contacts).status == 403


def test_bindings_outlive_a_restart() -> None:
    first = play()
    register(first.phone(), "<sip:a@10.9.0.1;line=7>", expires=600)
    second = play(store=first.store)
    assert bound(register(second.phone())) == ["sip:a@10.9.0.1;line=7"]


def rules(trunk: TrunkPlay) -> RegistrationRules:
    return trunk.trunk.parts.dialect.registration


@pytest.mark.parametrize(
    ("expires", "granted"),
    [
        ("-1", "3600"),
        ("soon", "3600"),
        ("60.5", "3600"),
        ('"61"', "61"),
        ("9" * 5000, "3600"),
        ("061", "61"),
    ],
)
def test_an_expiry_that_is_no_number_is_the_default_and_one_too_large_the_longest(
    expires: str, granted: str
) -> None:
    """RFC 3261 sections 10.3 and 20.10."""
    response = RawPeer().ask("REGISTER", "sip:sip.skype.com", contact=f"<sip:a@10.9.0.1>;expires={expires}")
    assert response.status == 200
    assert response.contacts[0].params.get("expires") == granted


@pytest.mark.parametrize("contact", ["<garbage>", "<sip:a b@10.9.0.1>", "<sip:a@10.9.0.1", "*, <sip:a@b>"])
def test_a_contact_that_leads_nowhere_is_400(contact: str) -> None:
    answer = RawPeer().ask("REGISTER", "sip:sip.skype.com", contact=contact)
    assert (answer.status, answer.reason) == (400, "Bad Contact header")


def test_the_path_is_kept_returned_and_followed() -> None:
    """RFC 3327 sections 5.3 and 5.4."""
    path = "<sip:10.0.0.5;lr>, <sip:10.0.0.6;lr>"
    peer = RawPeer()
    answer = peer.ask("REGISTER", "sip:sip.skype.com", headers=(f"Path: {path}",))
    assert answer.headers.get_all("Path") == ["<sip:10.0.0.5;lr>", "<sip:10.0.0.6;lr>"]
    invite = peer.be_called(headers=(f"Path: {path}",))
    assert [str(route) for route in invite.routes] == ["<sip:10.0.0.5;lr>", "<sip:10.0.0.6;lr>"]
    assert peer.packets[-1].destination.host == "10.0.0.5"
    bad = peer.ask("REGISTER", "sip:sip.skype.com", headers=("Path: <open",), cseq=9)
    assert (bad.status, bad.reason) == (400, "Bad Path header")


def test_the_answer_tells_the_date() -> None:
    """RFC 3261 section 10.3, step 8."""
    answer = RawPeer().ask("REGISTER", "sip:sip.skype.com")
    assert answer.headers.get("Date") == "Sun, 09 Sep 2001 01:46:40 GMT"


def test_the_contact_with_the_highest_q_is_called() -> None:
    """RFC 3261 section 10.2.1.2; of equals the one registered last."""
    peer = RawPeer()
    assert peer.be_called(contact="<sip:a@10.0.0.77>;q=0.1, <sip:b@10.0.0.78>;q=0.9").uri.endswith(
        "@10.0.0.78"
    )
    peer = RawPeer()
    assert peer.be_called(contact="<sip:a@10.0.0.77>, <sip:b@10.0.0.78>").uri.endswith("@10.0.0.78")
    assert RawPeer().be_called(contact="<sip:a@10.0.0.77>;q=odd").uri.endswith("@10.0.0.77")


def test_bytes_that_are_not_utf_8_do_not_poison_the_database() -> None:
    peer = RawPeer()
    request = peer.request("REGISTER", "sip:sip.skype.com", contact='"M?ller" <sip:a@10.9.0.1>')
    (answer,) = peer.give(request.replace(b"M?ller", b"M\xfcller").replace(b"call-1", b"call-\xff"))
    assert isinstance(answer, Response)
    assert answer.status == 200
    assert peer.play.store.bindings(peer.now)[0].call_id == "call-\ufffd"


def test_what_another_worker_bound_is_known_and_not_stored_again() -> None:
    trunk = play()
    registrar = trunk.trunk.parts.registrar
    now = trunk.network.now()
    contact, source = "<sip:a@10.0.0.9>", "udp:10.0.0.9:5060"
    row = BindingRow(USERNAME, "key", contact, source, str(TRUNK), "", "c", 1, now + 60)
    registrar.learn(USERNAME, [row])
    assert registrar.held(USERNAME) == registrar.bindings(trunk.profile(), now) == [row]
    assert not trunk.store.dirty
    registrar.learn(USERNAME, [])
    assert registrar.held(USERNAME) == []
