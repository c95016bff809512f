"""SIPp registers, calls with authentication, is called, and asks for OPTIONS."""

import re
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from tests.interop.free_port import free_port
from tests.interop.peer_process import Processes
from tests.interop.sipp import Sipp, SippRun
from tests.interop.trunk_process import (
    ECHO_NUMBER,
    EXTENSION_TAG,
    TrunkProcess,
    account,
    online_number,
    username,
)

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("sipp")]
TRANSPORTS = ("udp", "tcp")
MakeSipp = Callable[[str], Sipp]
_INDICES = count()


@pytest.fixture
def user() -> str:
    """A SIP username that no other test has."""
    return username(next(_INDICES))


@pytest.fixture
def sipp(processes: Processes, tmp_path: Path) -> Sipp:
    """SIPp with its logs in the folder of this test."""
    return Sipp(processes, tmp_path)


@pytest.fixture
def make_sipp(processes: Processes, tmp_path: Path) -> MakeSipp:
    """Makes further SIPps, each with a folder of its own."""

    def make(name: str) -> Sipp:
        folder = tmp_path / name
        folder.mkdir()
        return Sipp(processes, folder)

    return make


def registered_pbx(
    trunk: TrunkProcess, make_sipp: MakeSipp, user: str, *, expected: str, transport: str = "udp"
) -> SippRun:
    """A SIPp that waits for one call to the user `expected`, and is registered by another SIPp."""
    port = free_port()
    values = {"EXPECTED_USER@": f"{re.escape(expected)}@", "EXPECTED_USERNAME": user}
    answering = make_sipp("answer").start("answer", user, port=port, transport=transport, values=values)
    register = make_sipp("register").start(
        "register", user, remote=trunk.address("udp"), contact=(transport, port)
    )
    register.assert_success()
    return answering


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_sipp_registers_with_credentials(trunk: TrunkProcess, sipp: Sipp, user: str, transport: str) -> None:
    """RFC 3261 section 10.2 and section 22.2: the challenge is answered, the contact is bound."""
    sipp.start("register", user, remote=trunk.address(transport), transport=transport).assert_success()
    assert f"transport={transport}" in trunk.wait_contact(user)


def test_sipp_with_a_wrong_password_is_not_registered(trunk: TrunkProcess, sipp: Sipp, user: str) -> None:
    """SIPp gets a second 401 where it wants 200, and fails: its scenarios can fail."""
    run = sipp.start("register", user, remote=trunk.address("udp"), password="wrong")
    assert run.wait_exit() == 1
    assert "401" in run.logs()
    assert trunk.contacts(user) == []


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_sipp_calls_the_echo_number(trunk: TrunkProcess, sipp: Sipp, user: str, transport: str) -> None:
    """RFC 3261 section 13: 407, ACK, INVITE again, 100, 180, 200, ACK, and the caller's BYE."""
    sipp.start("call", user, remote=trunk.address(transport), transport=transport).assert_success()
    record = trunk.wait_record(user)
    assert (record["direction"], record["number"], record["status"]) == ("outbound", ECHO_NUMBER, 200)
    assert (record["cause"], record["released_by"]) == ("BYE", "caller")
    assert record["ended"] - record["answered"] >= 0.4  # SIPp pauses half a second
    assert trunk.channels_used(user) == 0


def test_the_trunk_takes_the_digest_uri_of_sipp_and_notes_it(
    trunk: TrunkProcess, sipp: Sipp, user: str
) -> None:
    """SIPp's digest uri is the server's address, not the Request-URI; some PBXs do the same."""
    run = sipp.start("call", user, remote=trunk.address("udp"))
    run.assert_success()
    host = re.escape(trunk.address("udp"))
    assert re.search(f'Authorization: .*uri="sip:{host}"', run.logs())
    assert trunk.address("udp") in trunk.wait_record(user)["remarks"]


@pytest.mark.parametrize("called", ["number", "account", "username"])
def test_sipp_is_called_with_the_layout_of_the_guide(
    trunk: TrunkProcess, make_sipp: MakeSipp, user: str, called: str
) -> None:
    """To has the SIP username, the Request-URI what was called; SIPp compares both, and credentials."""
    order, expected = {
        "number": ({"number": online_number(user)}, online_number(user)),
        "account": ({"account": account(user)}, EXTENSION_TAG),
        "username": ({}, user),
    }[called]
    answering = registered_pbx(trunk, make_sipp, user, expected=expected)
    call = trunk.place_call(user, **order)
    trunk.wait_call(call, "answered")
    trunk.end_call(call)
    answering.assert_success()
    ended = trunk.wait_call(call, "ended")
    assert (ended["status"], ended["fault_of_pbx"]) == (200, None)
    record = trunk.wait_record(user)
    assert (record["direction"], record["released_by"]) == ("inbound", "trunk")


def test_sipp_is_called_over_tcp_when_its_contact_says_so(
    trunk: TrunkProcess, make_sipp: MakeSipp, user: str
) -> None:
    """The contact that was registered decides the transport, and the trunk opens the connection."""
    answering = registered_pbx(trunk, make_sipp, user, expected=user, transport="tcp")
    call = trunk.place_call(user)
    trunk.wait_call(call, "answered")
    trunk.end_call(call)
    answering.assert_success()


def test_sipp_fails_when_the_call_is_for_another_number(
    trunk: TrunkProcess, make_sipp: MakeSipp, user: str
) -> None:
    """SIPp's comparison of the Request-URI can fail."""
    answering = registered_pbx(trunk, make_sipp, user, expected="+14155550123")
    call = trunk.place_call(user)
    trunk.wait_call(call, "answered")
    trunk.end_call(call)
    assert answering.wait_exit() == 1
    assert "Failed regexp match: looking in 'INVITE" in answering.logs()


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_sipp_asks_for_options_without_credentials(
    trunk: TrunkProcess, sipp: Sipp, user: str, transport: str
) -> None:
    """RFC 3261 section 11.2: 200 with Allow."""
    sipp.start("options", user, remote=trunk.address(transport), transport=transport).assert_success()
