"""What happens in the office before a sign is looked for."""

from collections.abc import Callable

from harness.sip.message import Request
from harness.sip.uri import SipUri
from harness.ua.call_state import CallState
from tests.harness.pbx_simulator.virtual_office import PROFILE, VirtualOffice

Sign = Callable[[VirtualOffice], bool]
"""Plays in an office and tells whether the wire looks as a fault's line says."""

ECHO = "+17606604690"
RINGS = "+442079460200"
NUMBER = PROFILE.online_numbers[0]
TRUNK = "127.0.0.1"


def user_of(request: Request) -> str:
    uri = request.parsed_uri
    return uri.unescaped_user if isinstance(uri, SipUri) else ""


def call_echo(office: VirtualOffice) -> None:
    """An answered call to the echo test that lasts two seconds."""
    call = office.phone().call(ECHO)
    office.wait(2)
    call.core.hang_up(office.network.now())
    office.wait(2)


def call_in(office: VirtualOffice, **order: object) -> str:
    """A call of the trunk that the first extension answers after a second."""
    phone = office.phone()
    office.wait(1)
    call = office.call_in(**{"number": NUMBER, **order})
    if office.network.run_until(lambda: bool(phone.incoming_calls), 2):
        phone_call = phone.wait_call()
        phone_call.ring()
        office.wait(1)
        if phone_call.state is CallState.RINGING:
            phone_call.answer(timeout=0)
    office.wait(2)
    return call


def header_missing(method: str, name: str) -> Sign:
    def sign(office: VirtualOffice) -> bool:
        call_echo(office)
        found = office.sent(method)
        return bool(found) and all(name not in request.headers for request in found)

    return sign
