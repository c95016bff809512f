"""linphonec registers, calls the echo number, is called by its Online Number, and hangs up."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.linphonec import PLAYED, Linphonec
from tests.interop.peer_process import Processes
from tests.interop.trunk_process import DOMAIN, ECHO_NUMBER, TrunkProcess, online_number, username

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("linphonec")]
USER = username(0)
CALLERS_TONE = 1500
"""Hz that the trunk plays in calls to linphonec."""


@pytest.fixture(scope="module")
def linphonec(
    processes: Processes, trunk: TrunkProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Linphonec]:
    """One linphonec for this module, registered over UDP."""
    with Linphonec(processes, tmp_path_factory.mktemp("linphonec"), USER, trunk.address("udp")) as running:
        trunk.wait_contact(USER)
        yield running


@pytest.fixture
def idle_linphonec(linphonec: Linphonec) -> Iterator[Linphonec]:
    """The same, which has no call when the test ends."""
    yield linphonec
    linphonec.command("terminate all")


def test_linphonec_registers(linphonec: Linphonec, trunk: TrunkProcess) -> None:
    """Its own view and the trunk's agree."""
    assert "+sip.instance=" in trunk.wait_contact(USER)
    linphonec.wait_registered(f"registered, identity=sip:{USER}@{DOMAIN} duration=120")


def test_linphonec_calls_the_echo_number_and_hears_itself(
    idle_linphonec: Linphonec, trunk: TrunkProcess
) -> None:
    """RTP flows both ways, and the caller's hang-up is in the record."""
    recording = idle_linphonec.record()
    idle_linphonec.command(f"call sip:{ECHO_NUMBER}@{DOMAIN}", r"Media streams established with .* \(audio\)")
    call = trunk.wait_outbound_call(USER)
    trunk.wait_media(call)
    idle_linphonec.command("terminate", r"Call \d+ with .* ended \(No error\)")
    ended = trunk.wait_call(call, "ended")
    assert (ended["number"], ended["cause"], ended["released_by"]) == (ECHO_NUMBER, "BYE", "caller")
    idle_linphonec.wait_heard(recording, PLAYED)


def test_linphonec_is_called_by_its_online_number_and_hangs_up(
    idle_linphonec: Linphonec, trunk: TrunkProcess
) -> None:
    """The trunk plays a tone that linphonec hears; the callee's hang-up is in the record."""
    recording = idle_linphonec.record()
    start = len(idle_linphonec.process.output)
    call = trunk.place_call(USER, number=online_number(USER), media=f"tone:{CALLERS_TONE}")
    idle_linphonec.process.wait_output("Receiving new incoming call", after=start)
    idle_linphonec.command("answer", r"Media streams established with .* \(audio\)")
    trunk.wait_call(call, "answered")
    trunk.wait_media(call)
    idle_linphonec.command("terminate", r"Call \d+ with .* ended \(No error\)")
    ended = trunk.wait_call(call, "ended")
    assert (ended["cause"], ended["released_by"], ended["fault_of_pbx"]) == ("BYE", "callee", None)
    idle_linphonec.wait_heard(recording, CALLERS_TONE)


def test_linphonec_is_hung_up_by_the_trunk(idle_linphonec: Linphonec, trunk: TrunkProcess) -> None:
    """The trunk's BYE ends the call on linphonec's side."""
    start = len(idle_linphonec.process.output)
    call = trunk.place_call(USER)
    idle_linphonec.process.wait_output("Receiving new incoming call", after=start)
    idle_linphonec.command("answer", "Media streams established")
    trunk.wait_call(call, "answered")
    after_answer = len(idle_linphonec.process.output)
    trunk.end_call(call)
    idle_linphonec.process.wait_output(r"Call \d+ with .* ended", after=after_answer)
    assert trunk.wait_call(call, "ended")["released_by"] == "trunk"
    assert trunk.channels_used(USER) == 0


def test_linphonec_declines_a_call(idle_linphonec: Linphonec, trunk: TrunkProcess) -> None:
    """A call that rings is refused by the PBX, which is no fault of it."""
    start = len(idle_linphonec.process.output)
    call = trunk.place_call(USER)
    idle_linphonec.process.wait_output("Receiving new incoming call", after=start)
    idle_linphonec.command("terminate")
    ended = trunk.wait_call(call, "ended")
    assert (ended["status"], ended["released_by"], ended["fault_of_pbx"]) == (603, "callee", None)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_linphonec_unregisters_when_it_quits(
    processes: Processes, trunk: TrunkProcess, tmp_path: Path, transport: str
) -> None:
    """Expires 0 with the nonce of the registration and the next nc."""
    user = username({"udp": 1, "tcp": 2}[transport])
    with Linphonec(processes, tmp_path, user, trunk.address(transport), transport) as leaving:
        trunk.wait_contact(user)
        leaving.command("quit")
        assert leaving.process.wait_exit() == 0
    trunk.wait_no_contact(user)
