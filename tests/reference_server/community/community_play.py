"""A trunk with accounts on the simulated network, and their phones."""

from typing import Any

from harness.drivers.phone import Phone
from harness.drivers.phone_call import PhoneCall
from harness.sip.message import Response
from harness.ua.registration import Registration
from reference_server.settings import AccountSettings
from tests.reference_server.trunk_play import Change, TrunkPlay, play

ANN, BOB, SALES = "ann.example", "bob.example", "sales.example"
"""Accounts: `SALES` is attached to the main profile with the extension tag 200."""
DISPLAY = "Ann Example"
PASSWORD = "open sesame"


def account(name: str, display: str = "") -> AccountSettings:
    """Settings of an account."""
    return AccountSettings(name=name, display=display, password=PASSWORD)


def community_play(change: Change | None = None, **main: Any) -> TrunkPlay:
    """The usual trunk, with three accounts."""
    trunk = play(change=change, **main)
    for settings in (account(ANN, DISPLAY), account(BOB), account(SALES)):
        trunk.trunk.take_account(settings)
    return trunk


def phone_of(trunk: TrunkPlay, name: str, *, signed_in: bool = True, password: str = PASSWORD) -> Phone:
    """A phone of an account."""
    phone = trunk.phone(name, password)
    if signed_in:
        assert phone.register().status == 200
    return phone


def ringing(caller: Phone, callee: Phone, dialled: str, **options: Any) -> tuple[PhoneCall, PhoneCall]:
    """A call that rings, as both ends see it."""
    outgoing = caller.call(dialled, **options)
    incoming = callee.wait_call().ring()
    outgoing.wait_ringing()
    return outgoing, incoming


def answered(caller: Phone, callee: Phone, dialled: str, **options: Any) -> tuple[PhoneCall, PhoneCall]:
    """An answered call, as both ends see it."""
    outgoing, incoming = ringing(caller, callee, dialled, **options)
    incoming.answer()
    return outgoing.wait_answered(), incoming


def last_answer(registration: Registration) -> Response:
    """The answer to the last REGISTER."""
    message = registration.responses[-1].message
    assert isinstance(message, Response)
    return message


def warning_of(response: Response) -> str:
    """The Warning of a refusal."""
    return response.headers.get("Warning") or ""
