"""What `harness pbx-config` prints works: Kamailio, baresip and linphonec run with it against the trunk."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.pbx_configs.recipe import Inputs, load_recipe, render_recipe
from harness.settings.pbx import PbxFile
from tests.interop.baresip import Baresip
from tests.interop.free_port import free_port, is_bound
from tests.interop.kamailio import start_kamailio
from tests.interop.linphonec import Linphonec
from tests.interop.peer_process import Processes
from tests.interop.sipp import Sipp
from tests.interop.trunk_process import (
    ECHO_NUMBER,
    EXTENSION_TAG,
    PASSWORD,
    TrunkProcess,
    account,
    online_number,
    running_trunk,
    username,
)
from tests.interop.waiting import wait_for

RINGS_FIRST = "+442079460800"
"""Rings a moment before it answers: Kamailio's workers may swap a 180 and a 200 that come together."""

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("pbx_configs")]


def settings(
    trunk: TrunkProcess,
    index: int,
    transport: str = "udp",
    port: int | None = None,
    mode: str = "registration",
) -> PbxFile:
    """A PBX on a free port with two extensions, for one of the trunk's profiles."""
    user = username(index)
    return PbxFile.model_validate(
        {
            "pbx": {
                "vendor": "Example",
                "product": "PBX",
                "version": "1",
                "address": f"127.0.0.1:{port or free_port()}",
                "transport": transport,
                "mode": mode,
            },
            "trunk": {
                "listen": trunk.address(transport),
                "sip_username": user,
                "password": PASSWORD,
                "online_numbers": [online_number(user)],
                "extension_tags": {account(user): EXTENSION_TAG},
            },
            "phone": [
                {"extension": "101", "password": PASSWORD, "rings_for": [online_number(user)]},
                {"extension": "102", "password": PASSWORD, "rings_for": [EXTENSION_TAG]},
            ],
        }
    )


def rendered(name: str, pbx: PbxFile, folder: Path) -> dict[str, str]:
    return render_recipe(load_recipe(name), Inputs(pbx, pbx.trunk.hop(pbx.pbx.transport), str(folder)))


KAMAILIO = 3
"""The profile of the Kamailio of this module."""


@pytest.fixture(scope="module")
def kamailio(
    processes: Processes, trunk: TrunkProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PbxFile]:
    """Kamailio over UDP, registered."""
    described = settings(trunk, KAMAILIO)
    folder = tmp_path_factory.mktemp("kamailio")
    started = start_kamailio(processes, folder, rendered("kamailio", described, folder))
    trunk.wait_contact(username(KAMAILIO))
    yield described
    started.end()


@pytest.fixture(scope="module")
def phone(
    processes: Processes, kamailio: PbxFile, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Baresip]:
    """baresip as extension 101."""
    with Baresip(processes, tmp_path_factory.mktemp("phone"), "101", kamailio.pbx.address) as running:
        running.wait_registered()
        yield running


@pytest.fixture
def idle_phone(phone: Baresip) -> Iterator[Baresip]:
    """The same, which has no call before the test and none behind it."""
    phone.forget_events()
    yield phone
    phone.command("hangup")


def test_kamailio_registers_the_sip_username(kamailio: PbxFile, trunk: TrunkProcess) -> None:
    assert f"sip:{username(KAMAILIO)}@{kamailio.pbx.address}" in trunk.wait_contact(username(KAMAILIO))


def test_an_extension_of_kamailio_calls_out_by_national_number_and_hangs_up(
    idle_phone: Baresip, trunk: TrunkProcess
) -> None:
    """The trunk refuses another From than the SIP username, and every number that is not E.164."""
    idle_phone.command("dial", "sip:02079460000@sip.skype.com")
    idle_phone.wait_event("CALL_ESTABLISHED", "outgoing")
    call = trunk.wait_outbound_call(username(KAMAILIO))
    trunk.wait_media(call)
    idle_phone.command("hangup")
    ended = trunk.wait_call(call, "ended")
    assert (ended["number"], ended["cause"], ended["released_by"]) == ("+442079460000", "BYE", "caller")


def test_an_inbound_call_rings_the_extension_of_its_number(idle_phone: Baresip, trunk: TrunkProcess) -> None:
    user = username(KAMAILIO)
    call = trunk.place_call(user, number=online_number(user))
    idle_phone.wait_event("CALL_ESTABLISHED", "incoming")
    trunk.wait_call(call, "answered")
    trunk.wait_media(call)
    trunk.end_call(call)
    idle_phone.wait_event("CALL_CLOSED", "incoming")
    assert trunk.wait_call(call, "ended")["fault_of_pbx"] is None


def test_sipp_behind_kamailio_calls_out(processes: Processes, kamailio: PbxFile, tmp_path: Path) -> None:
    Sipp(processes, tmp_path).start(
        "call", "102", remote=kamailio.pbx.address, values={"[number]": RINGS_FIRST}
    ).assert_success()


def test_kamailio_registers_and_calls_over_tcp(
    processes: Processes, trunk: TrunkProcess, tmp_path: Path
) -> None:
    """An inbound call comes by the connection that the registration opened."""
    described = settings(trunk, 4, "tcp")
    started = start_kamailio(processes, tmp_path, rendered("kamailio", described, tmp_path))
    trunk.wait_contact(username(4))
    (tmp_path / "phone").mkdir()
    with Baresip(processes, tmp_path / "phone", "102", described.pbx.address) as phone:
        phone.wait_registered()
        phone.command("dial", "sip:00442079460000@sip.skype.com")
        phone.wait_event("CALL_ESTABLISHED", "outgoing")
        call = trunk.wait_outbound_call(username(4))
        trunk.end_call(call)
        phone.wait_event("CALL_CLOSED", "outgoing")
        inbound = trunk.place_call(username(4), account=account(username(4)))
        phone.wait_event("CALL_ESTABLISHED", "incoming")
        phone.command("hangup")
        assert trunk.wait_call(inbound, "ended")["released_by"] == "callee"
    started.end()


def test_an_emergency_call_never_leaves_kamailio(idle_phone: Baresip, trunk: TrunkProcess) -> None:
    idle_phone.command("dial", "sip:112@sip.skype.com")
    assert "503" in idle_phone.wait_event("CALL_CLOSED", "outgoing")["param"]
    assert trunk.channels_used(username(KAMAILIO)) == 0


@pytest.mark.parametrize(("transport", "index"), [("udp", 5), ("tcp", 6)])
def test_baresip_registers_and_calls_with_the_printed_files(
    processes: Processes, trunk: TrunkProcess, tmp_path: Path, transport: str, index: int
) -> None:
    """The account as printed; the control port is the test's."""
    described = settings(trunk, index, transport)
    texts = rendered("baresip", described, tmp_path)
    with Baresip(processes, tmp_path, username(index), described.trunk.listen, texts=texts) as device:
        trunk.wait_contact(username(index))
        device.command("dial", f"sip:{ECHO_NUMBER}@sip.skype.com")
        device.wait_event("CALL_ESTABLISHED", "outgoing")
        call = trunk.wait_outbound_call(username(index))
        trunk.wait_media(call)
        device.command("hangup")
        assert trunk.wait_call(call, "ended")["released_by"] == "caller"
        inbound = trunk.place_call(username(index))
        device.wait_event("CALL_ESTABLISHED", "incoming")
        trunk.wait_media(inbound)


def test_linphonec_registers_and_calls_with_the_printed_file(
    processes: Processes, trunk: TrunkProcess, tmp_path: Path
) -> None:
    described = settings(trunk, 7)
    texts = rendered("linphone", described, tmp_path)
    with Linphonec(
        processes, tmp_path, username(7), described.trunk.listen, settings=texts["linphonerc"]
    ) as device:
        trunk.wait_contact(username(7))
        device.command(f"call sip:{ECHO_NUMBER}@sip.skype.com")
        call = trunk.wait_outbound_call(username(7))
        trunk.wait_media(call)
        device.command("terminate")
        assert trunk.wait_call(call, "ended")["released_by"] == "caller"


def test_kamailio_calls_in_ip_mode_without_registration_or_challenge(
    processes: Processes, tmp_path: Path
) -> None:
    """The trunk knows the PBX by address and port, which stand in its profile."""
    (tmp_path / "trunk").mkdir()
    (tmp_path / "pbx").mkdir()
    port = free_port()
    with running_trunk(processes, tmp_path / "trunk", 1, ip_mode={0: ("127.0.0.1", port)}) as trunk:
        described = settings(trunk, 0, port=port, mode="ip")
        texts = rendered("kamailio", described, tmp_path / "pbx")
        assert set(texts) == {"kamailio.cfg"}
        started = start_kamailio(processes, tmp_path / "pbx", texts)
        wait_for("Kamailio to listen", lambda: is_bound("udp", port))
        Sipp(processes, tmp_path).start(
            "call", "101", remote=described.pbx.address, values={"[number]": RINGS_FIRST}
        ).assert_success()
        record = trunk.wait_record(username(0))
        assert (record["number"], record["cause"]) == (RINGS_FIRST, "BYE")
        started.end()
