"""The target rules flip when ACK or BYE is sent elsewhere, or the trunk's Contact names another address."""

import pytest

from harness.checks.pbx.ruling import Observed
from tests.harness.checks.pbx.recordings import recording, rewritten, rulings, verdict

TARGET, MADDR = "call.pbx-remote-target", "call.pbx-maddr"
CONTACT = b"Contact: <sip:127.0.1.1:5060>"


@pytest.mark.parametrize("name", ["ast_ok", "yate_ok", "kam_ok", "bare_ok_hold", "ast_ok_early100rel"])
@pytest.mark.parametrize("method", ["ACK", "BYE"])
def test_a_request_to_the_number_instead_of_the_contact_is_seen(name: str, method: str) -> None:
    assert verdict(TARGET, recording(name)) is Observed.PASS
    start = f"{method} sip:127.0.1.1:5060".encode()
    trace = rewritten(recording(name), start, start, f"{method} sip:+17606604690@sip.skype.com".encode())
    ruling = rulings(trace)[TARGET]
    assert ruling.verdict is Observed.FAIL
    assert ruling.seen.startswith(
        f"{method} was sent to sip:+17606604690@sip.skype.com, the trunk's Contact is"
    )


def test_the_ack_of_a_refusal_has_the_request_uri_of_its_invite() -> None:
    assert verdict(TARGET, recording("ast_f_national")) is Observed.NOT_OBSERVED


@pytest.mark.parametrize(
    ("address", "expected"), [(b"127.0.1.1", Observed.PASS), (b"127.0.1.9", Observed.FAIL)]
)
@pytest.mark.parametrize("name", ["ast_ok", "yate_ok"])
def test_maddr_decides_the_address(name: str, address: bytes, expected: Observed) -> None:
    with_maddr = CONTACT.replace(b">", b";maddr=" + address + b">")
    trace = rewritten(recording(name), b"", CONTACT, with_maddr)
    assert verdict(MADDR, trace) is expected
    assert verdict(TARGET, trace) is Observed.PASS


def test_without_maddr_nothing_is_observed_of_it() -> None:
    assert verdict(MADDR, recording("ast_ok")) is Observed.NOT_OBSERVED
