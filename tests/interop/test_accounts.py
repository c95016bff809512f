"""baresip as the phone of a business account: it calls, is called, and reaches the PBX of an attached one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.drivers.blocking import BlockingDriver
from harness.drivers.phone import Phone
from harness.drivers.phone_call import PhoneCall
from harness.settings.target import parse_address
from harness.sip.hop import Hop
from harness.sip.uri import SipUri
from harness.ua.account import Account
from tests.interop.baresip import PLAYED, Baresip
from tests.interop.peer_process import Processes
from tests.interop.trunk_process import (
    ANN,
    ANNS_NAME,
    BOB,
    DOMAIN,
    EXTENSION_TAG,
    PASSWORD,
    TrunkProcess,
    account,
    online_number,
    username,
)
from tests.interop.waiting import PATIENCE

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("baresip")]
PBX = username(0)
ATTACHED = account(PBX)
TONE = 1500
"""Hz that phones of ours play to baresip."""


@pytest.fixture(scope="module")
def ann(
    processes: Processes, trunk: TrunkProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Baresip]:
    """baresip, signed in as an account."""
    with Baresip(processes, tmp_path_factory.mktemp("ann"), ANN, trunk.address("udp")) as running:
        running.wait_registered()
        yield running


@pytest.fixture(scope="module")
def bob(
    processes: Processes, trunk: TrunkProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Baresip]:
    """Another one."""
    with Baresip(processes, tmp_path_factory.mktemp("bob"), BOB, trunk.address("udp")) as running:
        running.wait_registered()
        yield running


@pytest.fixture
def idle_ann(ann: Baresip) -> Iterator[Baresip]:
    """The account's phone, which has no call when the test ends."""
    ann.forget_events()
    yield ann
    ann.command("hangup")


@pytest.fixture
def driver() -> Iterator[BlockingDriver]:
    """Sockets for phones of ours."""
    running = BlockingDriver()
    yield running
    running.close()


def phone_of(driver: BlockingDriver, trunk: TrunkProcess, name: str) -> Phone:
    """A phone of ours that is registered."""
    place = Hop("udp", *parse_address(trunk.address("udp")))
    phone = Phone(driver, Account(name, PASSWORD, place, domain=DOMAIN))
    assert phone.register(timeout=PATIENCE).status == 200
    return phone


def test_two_baresips_call_each_other_and_are_heard(idle_ann: Baresip, bob: Baresip) -> None:
    """Each plays its tone, each hears the other's; the caller hangs up, and both calls are closed."""
    bob.forget_events()
    anns, bobs = idle_ann.recordings(), bob.recordings()
    idle_ann.command("dial", f"sip:{BOB}@{DOMAIN}")
    bob.wait_event("CALL_ESTABLISHED", "incoming")
    idle_ann.wait_event("CALL_ESTABLISHED", "outgoing")
    idle_ann.wait_heard(PLAYED, anns)
    bob.wait_heard(PLAYED, bobs)
    idle_ann.command("hangup")
    idle_ann.wait_event("CALL_CLOSED", "outgoing")
    bob.wait_event("CALL_CLOSED", "incoming")


def test_the_called_baresip_hangs_up(idle_ann: Baresip, bob: Baresip) -> None:
    """The BYE of the called side closes the caller's call."""
    bob.forget_events()
    idle_ann.command("dial", f"sip:{BOB}@{DOMAIN}")
    bob.wait_event("CALL_ESTABLISHED", "incoming")
    idle_ann.wait_event("CALL_ESTABLISHED", "outgoing")
    bob.command("hangup")
    idle_ann.wait_event("CALL_CLOSED", "outgoing")


def test_baresip_is_called_by_a_phone_of_ours(
    idle_ann: Baresip, driver: BlockingDriver, trunk: TrunkProcess
) -> None:
    """Both tones are heard; digits of ours arrive at baresip as telephone-events."""
    before = idle_ann.recordings()
    phone = phone_of(driver, trunk, BOB)
    try:
        call = phone.call(f"sip:{ANN}@{DOMAIN}", media=f"tone:{TONE}").wait_answered(PATIENCE)
        call.wait_tone(PLAYED, timeout=PATIENCE)
        wait_heard(driver, idle_ann, before)
        idle_ann.wait_event("CALL_ESTABLISHED", "incoming")
        call.send_dtmf("5")
        assert driver.run_until(lambda: not call.media.is_sending_dtmf, PATIENCE)
        assert idle_ann.wait_event("CALL_DTMF_START")["param"] == "5"
        call.hang_up(PATIENCE)
        idle_ann.wait_event("CALL_CLOSED", "incoming")
    finally:
        phone.close()


@pytest.mark.parametrize("who", ["baresip", "ours"])
def test_a_hold_reaches_the_other_side(
    idle_ann: Baresip, driver: BlockingDriver, trunk: TrunkProcess, who: str
) -> None:
    """Either phone holds and resumes: the other is asked, answers, and is heard again afterwards."""
    phone = phone_of(driver, trunk, BOB)
    try:
        call = phone.call(f"sip:{ANN}@{DOMAIN}", media=f"tone:{TONE}").wait_answered(PATIENCE)
        idle_ann.wait_event("CALL_ESTABLISHED", "incoming")
        call.wait_tone(PLAYED, timeout=PATIENCE)
        if who == "baresip":
            idle_ann.command("hold")
            assert driver.run_until(lambda: direction_of(call) == "recvonly", PATIENCE)
            idle_ann.command("resume")
        else:
            call.hold(PATIENCE)
            assert (call.modification_status, direction_of(call)) == (200, "sendonly")
            call.resume(PATIENCE)
            assert call.modification_status == 200
        assert driver.run_until(lambda: direction_of(call) == "sendrecv", PATIENCE)
        since = call.media.received_packets
        assert driver.run_until(lambda: call.media.received_packets > since, PATIENCE)
        call.hang_up(PATIENCE)
        idle_ann.wait_event("CALL_CLOSED", "incoming")
    finally:
        phone.close()


@pytest.mark.parametrize(
    ("dialled", "user"),
    [(ATTACHED, EXTENSION_TAG), (online_number(PBX), online_number(PBX))],
    ids=["attached account", "Online Number"],
)
def test_baresip_calls_the_profile(
    idle_ann: Baresip, driver: BlockingDriver, trunk: TrunkProcess, dialled: str, user: str
) -> None:
    """A PBX phone rings with the extension tag or the number, answers, and both are heard."""
    before, records = idle_ann.recordings(), len(trunk.records(PBX))
    pbx = phone_of(driver, trunk, PBX)
    try:
        idle_ann.command("dial", f"sip:{dialled}@{DOMAIN}")
        call = pbx.wait_call(PATIENCE)
        expect_forwarded(call, user)
        call.ring().answer(PATIENCE)
        idle_ann.wait_event("CALL_ESTABLISHED", "outgoing")
        call.play_tone(TONE).wait_tone(PLAYED, timeout=PATIENCE)
        wait_heard(driver, idle_ann, before)
        idle_ann.command("sndcode", "7")
        assert call.wait_dtmf(timeout=PATIENCE) == "7"
        assert trunk.channels_used(PBX) == 1
        call.hang_up(PATIENCE)
        idle_ann.wait_event("CALL_CLOSED", "outgoing")
    finally:
        pbx.close()
    record = trunk.wait_record(PBX, records)
    assert (record["direction"], record["caller"], record["number"]) == ("inbound", ANN, user)
    assert (record["status"], record["released_by"]) == (200, "callee")


def direction_of(call: PhoneCall) -> str:
    """What our phone does now, as it sees it."""
    agreed = call.media.agreed
    return "none" if agreed is None else agreed.direction


def expect_forwarded(call: PhoneCall, user: str) -> None:
    """The call is that of an account to a profile."""
    uri = call.invite.parsed_uri
    assert isinstance(uri, SipUri)
    assert uri.unescaped_user == user
    assert str(call.invite.to.uri) == f"sip:{PBX}@{DOMAIN}"
    assert str(call.invite.from_.uri) == f"sip:{ANN}@{DOMAIN}"
    assert call.invite.from_.display == ANNS_NAME


def test_an_account_without_a_phone_is_not_available(idle_ann: Baresip) -> None:
    """Calls to nobody close with the status of the trunk."""
    idle_ann.command("dial", f"sip:nobody.example@{DOMAIN}")
    assert "404" in idle_ann.wait_event("CALL_CLOSED", "outgoing")["param"]


def test_an_attached_account_cannot_sign_in(
    processes: Processes, trunk: TrunkProcess, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """baresip proves the right password and is refused with 403; it cannot call either."""
    with Baresip(processes, tmp_path_factory.mktemp("attached"), ATTACHED, trunk.address("udp")) as refused:
        refused.process.wait_output("403 Forbidden")
        refused.command("dial", f"sip:{ANN}@{DOMAIN}")
        assert "403" in refused.wait_event("CALL_CLOSED", "outgoing")["param"]


def wait_heard(driver: BlockingDriver, baresip: Baresip, since: dict[Path, int]) -> None:
    """Waits until baresip has heard our tone; our phones send only while somebody waits for them."""
    assert driver.run_until(lambda: baresip.has_heard(TONE, since), PATIENCE), "baresip did not hear our tone"
