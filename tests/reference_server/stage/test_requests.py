"""What the director lets the trunk send beside calls, and do in calls that stand."""

import base64
from collections.abc import Iterator

import pytest

from harness.drivers.simulated import SimulatedNetwork
from harness.pytest_plugin.control import ControlError
from tests.reference_server.stage.staged_trunk import ECHO, PROFILE, StagedTrunk
from tests.virtual.virtual_trunk import VirtualTrunk


@pytest.fixture
def stage() -> Iterator[StagedTrunk]:
    staged = StagedTrunk()
    yield staged
    staged.close()


@pytest.mark.parametrize(("method", "status"), [("OPTIONS", b"200"), ("NOTIFY", b"405")])
def test_a_request_goes_to_the_contact(stage: StagedTrunk, method: str, status: bytes) -> None:
    stage.phone.register()
    call_id = stage.control.send_request(PROFILE.sip_username, method, headers={"Event": "keep-alive"})
    stage.wait(1)
    found = [each.data for each in stage.observed() if call_id.encode() in each.data]
    assert found[0].startswith(f"{method} sip:{PROFILE.sip_username}@127.0.0.1".encode())
    assert b"Event: keep-alive" in found[0]
    assert found[1].startswith(b"SIP/2.0 " + status)


def test_bytes_go_as_they_are(stage: StagedTrunk) -> None:
    stage.phone.register()
    stage.control.send_request(PROFILE.sip_username, raw=base64.b64encode(b"anything").decode())
    stage.wait(1)
    assert stage.phone.received[-1].packet.data == b"anything"
    assert stage.observed(kind="sip")[-1].data == b"anything"


def test_nobody_is_registered(stage: StagedTrunk) -> None:
    with pytest.raises(ControlError, match=r"409 .*has no contact"):
        stage.control.send_request(PROFILE.sip_username)


def test_bytes_must_be_base64(stage: StagedTrunk) -> None:
    with pytest.raises(ControlError, match=r"422 .*base64"):
        stage.control.send_request(PROFILE.sip_username, raw="not base64!")


@pytest.mark.parametrize(
    ("do", "method"),
    [
        ("hold", "INVITE"),
        ("reinvite", "INVITE"),
        ("update", "UPDATE"),
        ("options", "OPTIONS"),
        ("info", "INFO"),
        ("hang_up", "BYE"),
    ],
)
def test_a_step_in_a_call(stage: StagedTrunk, do: str, method: str) -> None:
    call = stage.call_in()
    phone_call = stage.phone.wait_call().answer()
    stage.control.step(call, do)
    request = phone_call.wait_request(method, count=2 if method == "INVITE" else 1)
    assert (b"a=sendonly" in request.body) == (do == "hold")


def test_a_caller_vanishes(stage: StagedTrunk) -> None:
    call = stage.call_in()
    phone_call = stage.phone.wait_call().answer()
    stage.control.step(call, "vanish")
    stage.wait(1)
    assert stage.control.call(call)["state"] == "ended"
    phone_call.hang_up()
    assert [each.status for each in phone_call.responses if each.cseq.method == "BYE"] == [481]


def test_digits_in_a_call(stage: StagedTrunk) -> None:
    call = stage.call_in()
    phone_call = stage.phone.wait_call().answer()
    stage.control.step(call, "dtmf", digits="42")
    assert phone_call.wait_dtmf(2) == "42"


def test_a_call_that_does_not_stand_takes_no_step(stage: StagedTrunk) -> None:
    call = stage.call_in()
    with pytest.raises(ControlError, match=r"409 .*must be answered"):
        stage.control.step(call, "hold")
    with pytest.raises(ControlError, match="404"):
        stage.control.step("nothing", "hold")


def test_wrong_directions_are_explained(stage: StagedTrunk) -> None:
    with pytest.raises(ControlError, match=r"422 .*register.status: seen 99"):
        stage.direct(register={"status": 99})
    with pytest.raises(ControlError, match=r"422 .*write PCMA"):
        stage.direct(inbound={"codecs": ["opus"]})
    with pytest.raises(ControlError, match=r"422 .*there is no such key"):
        stage.direct(regster={"status": 503})
    with pytest.raises(ControlError, match=r"404 .*no profile has the SIP username"):
        stage.control.direct("nobody")


def test_a_trunk_that_is_not_observed_has_no_stage() -> None:

    trunk = VirtualTrunk(SimulatedNetwork())
    with pytest.raises(ControlError, match="404"):
        trunk.control.observed()
    assert trunk.phone().call(ECHO).wait_final().status == 200
    trunk.close()
