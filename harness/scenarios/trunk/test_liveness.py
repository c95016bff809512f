"""Liveness: OPTIONS and keep-alives."""

import pytest

from harness.checks.expect import expect, expect_header, expect_status, expecting, given
from harness.drivers.phone import Phone
from harness.pytest_plugin.fixtures import MakePhone


@pytest.mark.requirement("liveness.options-200")
def test_options_is_answered(phone: Phone) -> None:
    """OPTIONS is answered with 200."""
    expect_status(phone.request("OPTIONS").final, 200, "liveness.options-200")


@pytest.mark.requirement("liveness.options-allow")
def test_options_tells_what_the_trunk_can_do(phone: Phone) -> None:
    """The answer to OPTIONS lists the methods that a call needs."""
    with given("a 200 to OPTIONS"):
        answer = phone.request("OPTIONS").final
        assert answer.status == 200
    allow = expect_header(answer, "Allow", "liveness.options-allow").upper()
    for method in ("INVITE", "ACK", "BYE", "CANCEL"):
        seen = f"Allow does not list {method}"
        expect(method in allow, "liveness.options-allow", seen, answer, "Allow")


@pytest.mark.requirement("liveness.keepalive-crlf")
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_keepalives_disturb_nothing(make_phone: MakePhone, transport: str) -> None:
    """CRLF between two requests disturbs neither, over UDP and TCP."""
    phone = make_phone(transport="tcp" if transport == "tcp" else "udp")
    with given("an answer to OPTIONS"):
        phone.request("OPTIONS", timeout=2)
    phone.send(b"\r\n\r\n")
    with expecting("liveness.keepalive-crlf"):
        expect_status(phone.request("OPTIONS", timeout=2).final, 200, "liveness.keepalive-crlf")
