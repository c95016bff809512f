"""Phones inside prove who they are, and are found where they registered."""

from harness.drivers.phone import Phone
from harness.sip.hop import Hop
from harness.ua.account import Account
from tests.harness.pbx_simulator.virtual_office import INSIDE, VirtualOffice


def phone(office: VirtualOffice, number: str = "101", password: str = "one") -> Phone:
    return Phone(office.network, Account(number, password, INSIDE, "pbx.example"), local=("127.0.0.7", 0))


def test_a_wrong_password_and_an_unknown_extension_are_challenged_again(office: VirtualOffice) -> None:
    assert phone(office, password="two").register().status == 401
    assert phone(office, number="999").register().status == 401
    assert phone(office, password="two").call("102").wait_final().status == 407


def test_a_binding_lasts_as_long_as_it_was_asked_for(office: VirtualOffice) -> None:
    assert phone(office).register(60).expires == 60
    extensions, now = office.pbx.extensions, office.network.now()
    binding = extensions.binding("101", now)
    assert binding is not None
    assert binding.source.host == "127.0.0.7"
    assert extensions.binding("101", now + 61) is None


def test_a_phone_that_unregisters_is_gone(office: VirtualOffice) -> None:
    telephone = phone(office)
    telephone.register()
    assert telephone.unregister().bindings == []
    assert office.pbx.extensions.binding("101", office.network.now()) is None
    assert office.phone("102").call("101").wait_final().status == 480


def test_expiry_that_cannot_be_read_is_the_longest(office: VirtualOffice) -> None:
    telephone = phone(office)
    contact = f"<sip:101@127.0.0.7:{telephone.local.port}>;expires=soon"
    registration = telephone.register(None, contacts=[contact])
    assert registration.bindings[0].params.get("expires") == "3600"


def test_a_replayed_credential_proves_nothing(office: VirtualOffice) -> None:
    telephone = phone(office)
    request = telephone.register().exchange.requests[-1]
    again = request.copy()
    again.headers.remove("Via")
    again.headers.set("Call-ID", "another")
    stranger = Phone(office.network, Account("x", "x", INSIDE), local=("127.0.0.8", 5060))
    again.headers.add_first("Via", "SIP/2.0/UDP 127.0.0.8:5060;branch=z9hG4bKagain")
    stranger.send(again, Hop("udp", INSIDE.host, INSIDE.port))
    assert stranger.wait_response_to(again).status == 401
