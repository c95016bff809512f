"""The PBX that obeys: what it sends to the trunk, and what its phones get."""

import pytest

from harness.drivers.simulated import SimulatedNetwork
from harness.ua.call_state import CallState
from tests.harness.pbx_simulator.virtual_office import (
    EXTENSIONS,
    IP_PROFILE,
    PROFILE,
    VirtualOffice,
    settings,
)

ECHO = "+17606604690"


def test_it_registers_with_the_credentials_of_the_profile(office: VirtualOffice) -> None:
    office.wait(1)
    binding = office.trunk.control.profile(PROFILE.sip_username)["bindings"]
    assert [each["contact"] for each in binding] == [f"<sip:{PROFILE.sip_username}@127.0.0.5:5060>"]
    assert len(office.sent("REGISTER")) == 2


def test_it_refreshes_in_time_and_unregisters_at_the_end(office: VirtualOffice) -> None:
    office.wait(1000)
    assert office.trunk.control.profile(PROFILE.sip_username)["bindings"]
    office.pbx.stop(office.network.now())
    office.wait(1)
    assert office.pbx.at_rest
    assert not office.trunk.control.profile(PROFILE.sip_username)["bindings"]


def test_an_extension_hears_the_echo(office: VirtualOffice) -> None:
    call = office.phone().call(ECHO).wait_answered()
    call.play_tone(1004).wait_tone(1004)
    call.hang_up()
    office.wait(1)
    assert {str(each.from_.uri) for each in office.sent("INVITE")} == {
        f"sip:{PROFILE.sip_username}@sip.skype.com"
    }
    assert office.sent("INVITE")[-1].from_.display == "101"
    assert len(office.sent("BYE")) == 1


@pytest.mark.parametrize(
    ("dialled", "sent"),
    [
        ("02079460001", "+442079460001"),
        ("00442079460001", "+442079460001"),
        ("0017606604690", "+17606604690"),
        ("+44 20 7946-0001", "+442079460001"),
    ],
)
def test_numbers_are_sent_as_e164(office: VirtualOffice, dialled: str, sent: str) -> None:
    office.phone().call(f"sip:{dialled.replace(' ', '%20')}@pbx.example").wait_answered()
    assert office.sent("INVITE")[-1].uri == f"sip:{sent}@sip.skype.com"


@pytest.mark.parametrize(
    ("dialled", "status"), [("911", 403), ("112", 403), ("+999", 403), ("55", 404), ("0155", 484)]
)
def test_what_cannot_be_called_never_reaches_the_trunk(
    office: VirtualOffice, dialled: str, status: int
) -> None:
    assert office.phone().call(dialled).wait_final().status == status
    assert not office.sent("INVITE")


@pytest.mark.parametrize("status", [402, 403, 404, 484, 486, 488, 503])
def test_refusals_are_passed_on_and_not_tried_again(office: VirtualOffice, status: int) -> None:
    number = f"+44207946{'04' if status < 500 else '05'}{status % 100:02}"
    assert office.phone().call(number).wait_final().status == status
    office.wait(60)
    assert len(office.sent("INVITE")) == 2  # the second one with credentials


def test_a_call_that_is_given_up_is_cancelled(office: VirtualOffice) -> None:
    call = office.phone().call("+442079460200").wait_ringing()
    call.cancel().wait_ended()
    office.wait(1)
    assert len(office.sent("CANCEL")) == 1


def test_early_media_is_heard(office: VirtualOffice) -> None:
    call = office.phone().call("+442079460202").wait_status(183)
    call.wait_tone(425)
    call.wait_answered()


def test_a_reliable_183_is_acknowledged(office: VirtualOffice) -> None:
    office.phone().call("+442079460203").wait_answered()
    assert len(office.sent("PRACK")) == 1


def test_the_far_end_releases(office: VirtualOffice) -> None:
    call = office.phone().call("+442079460101").wait_answered()
    assert call.wait_ended().ended_by == "remote"


def test_hold_and_resume_pass_to_the_trunk(office: VirtualOffice) -> None:
    call = office.phone().call(ECHO).wait_answered()
    call.hold()
    office.wait(1)
    assert b"a=sendonly" in office.sent("INVITE")[-1].body
    call.resume()
    office.wait(1)
    assert b"a=sendrecv" in office.sent("INVITE")[-1].body
    call.play_tone(800).wait_tone(800)


def test_a_hold_of_the_trunk_reaches_the_phone(office: VirtualOffice) -> None:
    call = office.phone().call("+442079460204").wait_answered()
    assert b"a=sendonly" in call.wait_request("INVITE").body
    assert b"a=sendrecv" in call.wait_request("INVITE", count=2).body


def test_digits_pass_both_ways(office: VirtualOffice) -> None:
    call = office.phone().call("+442079460209").wait_answered()
    assert call.wait_dtmf(5) == "1234#"
    echo = office.phone().call(ECHO).wait_answered()
    echo.send_dtmf("42")
    assert echo.wait_dtmf(2) == "42"


def test_a_late_offer_of_a_phone_gets_through(office: VirtualOffice) -> None:
    call = office.phone().call(ECHO, late_offer=True).wait_answered()
    call.play_tone(1004).wait_tone(1004)


def test_a_phone_with_g729_alone_is_refused(office: VirtualOffice) -> None:
    assert office.phone().call(ECHO, codecs=("G729",)).wait_final().status == 488


def test_the_session_timer_is_kept(office: VirtualOffice) -> None:
    call = office.phone().call("+442079460207").wait_answered()
    office.wait(400)
    assert call.state is CallState.ANSWERED
    assert len(office.sent("UPDATE")) >= 3


@pytest.mark.parametrize("number", ["+442079460205", "+442079460206"])
def test_changes_that_the_trunk_asks_for_are_answered(office: VirtualOffice, number: str) -> None:
    office.phone().call(number).wait_answered()
    office.wait(3)
    method = "INVITE" if number.endswith("5") else "UPDATE"
    assert office.statuses(method) == [200]


@pytest.mark.parametrize(
    ("order", "extension"),
    [
        ({"number": PROFILE.online_numbers[0]}, "101"),
        ({"number": PROFILE.online_numbers[1]}, "102"),
        ({"account": "sales.example"}, "102"),
        ({}, "101"),
    ],
)
def test_an_inbound_call_rings_the_right_extension(
    office: VirtualOffice, order: dict[str, str], extension: str
) -> None:
    phones = {each: office.phone(each) for each in EXTENSIONS}
    office.wait(1)
    call = office.call_in(**order, media="tone:700")
    phone_call = phones[extension].wait_call()
    phone_call.ring().answer()
    phone_call.wait_tone(700)
    assert office.shown(call)["state"] == "answered"
    office.trunk.control.hang_up(call)
    phone_call.wait_ended()
    office.wait(1)
    assert office.statuses() == [100, 180, 200]


def test_an_unknown_number_is_404(office: VirtualOffice) -> None:
    office.wait(1)
    call = office.call_in(account="support.example")  # tag 201 has no extension
    office.wait(1)
    assert office.shown(call)["status"] == 404


@pytest.mark.parametrize("status", [486, 480, 603])
def test_a_phone_that_refuses(office: VirtualOffice, status: int) -> None:
    phone = office.phone()
    call = office.call_in(number=PROFILE.online_numbers[0])
    phone.wait_call().reject(status)
    office.wait(1)
    assert office.shown(call)["status"] == status


def test_nobody_answers(office: VirtualOffice) -> None:
    phone = office.phone()
    call = office.call_in(number=PROFILE.online_numbers[0], ring_timeout=200.0)
    phone.wait_call().ring()
    office.wait(70)
    assert office.shown(call)["status"] == 480


def test_the_caller_gives_up(office: VirtualOffice) -> None:
    phone = office.phone()
    call = office.call_in(number=PROFILE.online_numbers[0], cancel_after=1.0)
    phone_call = phone.wait_call()
    phone_call.ring().wait_ended()
    office.wait(1)
    assert office.shown(call)["status"] == 487
    assert phone_call.ended_by == "remote"


def test_a_late_offer_of_the_trunk_is_met(office: VirtualOffice) -> None:
    phone = office.phone()
    office.call_in(number=PROFILE.online_numbers[0], late_offer=True, media="tone:700")
    phone.wait_call().answer().wait_tone(700)


def test_two_calls_at_once(office: VirtualOffice) -> None:
    one = office.phone("101").call(ECHO).wait_answered()
    two = office.phone("102").call(ECHO).wait_answered()
    one.play_tone(600)
    two.play_tone(900)
    one.wait_tone(600)
    two.wait_tone(900)


def test_options_are_answered(office: VirtualOffice) -> None:
    phone = office.phone()
    answer = phone.request(
        "OPTIONS", f"sip:{PROFILE.sip_username}@127.0.0.5:5060", destination=office.outside
    )
    assert answer.status == 200


def test_a_stranger_cannot_call(office: VirtualOffice) -> None:
    stranger = office.phone().request(
        "INVITE", f"sip:{PROFILE.online_numbers[0]}@127.0.0.5:5060", destination=office.outside
    )
    assert stranger.status == 403


def test_extensions_call_each_other(office: VirtualOffice) -> None:
    called = office.phone("102")
    call = office.phone("101").call("102")
    called.wait_call().answer()
    call.wait_answered()
    assert not office.sent("INVITE")


def test_ip_mode_needs_no_registration() -> None:
    network = SimulatedNetwork(seed=2)
    file = settings(
        mode="ip",
        username=IP_PROFILE.sip_username,
        password="",
        trunk_listen=f"{IP_PROFILE.address}:{IP_PROFILE.port}",
    )
    office = VirtualOffice(network, file)
    call = office.phone().call(ECHO).wait_answered()
    call.play_tone(1004).wait_tone(1004)
    assert not office.sent("REGISTER")
    assert len(office.sent("INVITE")) == 1
    office.trunk.close()


def test_a_registrar_that_is_away_is_asked_with_patience() -> None:
    network = SimulatedNetwork(seed=3)
    network.drop_if = lambda packet: packet.destination.port == 5060 and packet.data.startswith(b"REGISTER")
    office = VirtualOffice(network)
    office.wait(60)
    network.drop_if = None
    office.wait(120)
    assert len(office.sent("REGISTER")) < 40  # timer E alone sends 11 within 32 s
    assert office.trunk.control.profile(PROFILE.sip_username)["bindings"]
    office.trunk.close()
