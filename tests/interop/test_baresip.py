"""baresip registers, calls the echo number, is called, hangs up, and unregisters when it ends."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.baresip import PLAYED, Baresip
from tests.interop.peer_process import Processes
from tests.interop.trunk_process import DOMAIN, ECHO_NUMBER, TrunkProcess, online_number, username

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("baresip")]
USER = username(0)
CALLERS_TONE = 1500
"""Hz that the trunk plays in calls to baresip."""


@pytest.fixture(scope="module")
def baresip(
    processes: Processes, trunk: TrunkProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Baresip]:
    """One baresip for this module, registered over UDP."""
    with Baresip(processes, tmp_path_factory.mktemp("baresip"), USER, trunk.address("udp")) as running:
        trunk.wait_contact(USER)
        yield running


@pytest.fixture
def idle_baresip(baresip: Baresip) -> Iterator[Baresip]:
    """The same, which has no call when the test ends."""
    baresip.forget_events()
    yield baresip
    baresip.command("hangup")


def test_baresip_registers(baresip: Baresip, trunk: TrunkProcess) -> None:
    """Its own view and the trunk's agree."""
    assert trunk.wait_contact(USER).startswith(f"<sip:{USER}-0x")  # baresip's own Contact user
    assert "OK" in baresip.command("reginfo")


def test_baresip_calls_the_echo_number_and_hears_itself(idle_baresip: Baresip, trunk: TrunkProcess) -> None:
    """RTP flows both ways, and the caller's hang-up is in the record."""
    before = idle_baresip.recordings()
    idle_baresip.command("dial", f"sip:{ECHO_NUMBER}@{DOMAIN}")
    idle_baresip.wait_event("CALL_ESTABLISHED", "outgoing")
    call = trunk.wait_outbound_call(USER)
    trunk.wait_media(call)
    idle_baresip.wait_heard(PLAYED, before)
    idle_baresip.command("hangup")
    idle_baresip.wait_event("CALL_CLOSED", "outgoing")
    ended = trunk.wait_call(call, "ended")
    assert (ended["number"], ended["cause"], ended["released_by"]) == (ECHO_NUMBER, "BYE", "caller")
    assert ended["media"]["lost_packets"] == 0


def test_baresip_is_called_by_its_sip_username_and_hangs_up(
    idle_baresip: Baresip, trunk: TrunkProcess
) -> None:
    """The trunk plays a tone that baresip hears; the callee's hang-up is in the record."""
    before = idle_baresip.recordings()
    call = trunk.place_call(USER, media=f"tone:{CALLERS_TONE}")
    idle_baresip.wait_event("CALL_ESTABLISHED", "incoming")
    trunk.wait_call(call, "answered")
    trunk.wait_media(call)
    idle_baresip.wait_heard(CALLERS_TONE, before)
    idle_baresip.command("hangup")
    idle_baresip.wait_event("CALL_CLOSED", "incoming")
    ended = trunk.wait_call(call, "ended")
    assert (ended["cause"], ended["released_by"], ended["fault_of_pbx"]) == ("BYE", "callee", None)


def test_baresip_is_hung_up_by_the_trunk(idle_baresip: Baresip, trunk: TrunkProcess) -> None:
    """The trunk's BYE closes the call on baresip's side."""
    call = trunk.place_call(USER)
    idle_baresip.wait_event("CALL_ESTABLISHED", "incoming")
    trunk.wait_call(call, "answered")
    trunk.end_call(call)
    idle_baresip.wait_event("CALL_CLOSED", "incoming")
    assert trunk.wait_call(call, "ended")["released_by"] == "trunk"
    assert trunk.channels_used(USER) == 0


def test_baresip_knows_no_online_number_and_the_call_is_over(
    idle_baresip: Baresip, trunk: TrunkProcess
) -> None:
    """baresip answers 404 to a Request-URI that is not its own user; the trunk takes it as it is."""
    call = trunk.place_call(USER, number=online_number(USER))
    ended = trunk.wait_call(call, "ended")
    assert (ended["status"], ended["released_by"], ended["fault_of_pbx"]) == (404, "callee", None)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_baresip_unregisters_when_it_ends(
    processes: Processes, trunk: TrunkProcess, tmp_path: Path, transport: str
) -> None:
    """Contact with expires=0, challenged and answered like the first registration."""
    user = username({"udp": 1, "tcp": 2}[transport])
    with Baresip(processes, tmp_path, user, trunk.address(transport), transport) as leaving:
        trunk.wait_contact(user)
        leaving.command("quit")
        assert leaving.process.wait_exit() == 0
    trunk.wait_no_contact(user)
