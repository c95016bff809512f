"""How faults of RTP and SDP show."""

from harness.drivers.errors import WaitTimeout
from harness.media.rtp import RtpPacket
from harness.media.sdp import SessionDescription
from harness.ua.call_state import CallState
from tests.harness.pbx_simulator.faults.play import ECHO, Sign, call_echo, call_in
from tests.harness.pbx_simulator.virtual_office import VirtualOffice

GSM, EVENT = 3, 101


def payload_types(office: VirtualOffice) -> list[int]:
    """Of the RTP that the PBX sent to the trunk in a call with digits."""
    call = office.phone().call(ECHO).wait_answered()
    call.play_tone(1004)
    call.send_dtmf("42")
    office.wait(2)
    return [RtpPacket.parse(each.packet.data).payload_type for each in office.packets("rtp")]


def silent(office: VirtualOffice) -> bool:
    return not set(payload_types(office)) - {EVENT}


def nothing_heard(office: VirtualOffice) -> bool:
    call = office.phone().call("+442079460208").wait_answered()
    try:
        call.wait_tone(1004, timeout=2)
    except WaitTimeout:
        return True
    return False


def late_sound(office: VirtualOffice) -> bool:
    call = office.phone().call("+442079460202").wait_status(183)
    office.wait(0.5)
    assert call.state is CallState.RINGING
    return not call.heard_tone(425)


def gaps(office: VirtualOffice) -> bool:
    payload_types(office)
    numbers = [RtpPacket.parse(each.packet.data).sequence for each in office.packets("rtp")]
    return len(set(numbers)) < max(numbers) - min(numbers)


def gsm(office: VirtualOffice) -> bool:
    return GSM in payload_types(office)


def answers_g729(office: VirtualOffice) -> bool:
    call_in(office)
    bodies = [each.body for each in office.answered("INVITE") if each.status == 200]
    return any(b"RTP/AVP 18" in body for body in bodies)


def offers_no_g711(office: VirtualOffice) -> bool:
    call_echo(office)
    return b" 8 0" not in office.sent("INVITE")[0].body


def tones_for_digits(office: VirtualOffice) -> bool:
    sent = payload_types(office)
    return b"telephone-event" not in office.sent("INVITE")[0].body and EVENT not in sent and bool(sent)


def digits_dropped(office: VirtualOffice) -> bool:
    sent = payload_types(office)
    return b"telephone-event" in office.sent("INVITE")[0].body and EVENT not in sent


def hold_unsaid(office: VirtualOffice) -> bool:
    office.phone().call(ECHO).wait_answered().hold()
    office.wait(1)
    invites = [each for each in office.sent("INVITE") if each.to.tag]
    return bool(invites) and all(b"a=sendonly" not in each.body for each in invites)


def hold_kept(office: VirtualOffice) -> bool:
    office.phone().call(ECHO).wait_answered().hold()
    office.wait(1)
    return not [each for each in office.sent("INVITE") if each.to.tag]


def offers_gsm(office: VirtualOffice) -> bool:
    call_echo(office)
    return b"RTP/AVP 3\r\n" in office.sent("INVITE")[0].body


def other_port(office: VirtualOffice) -> bool:
    call = office.phone().call(ECHO).wait_answered()
    call.play_tone(1004)
    office.wait(1)
    announced = SessionDescription.parse(office.sent("INVITE")[0].body).media[0].port
    return any(each.packet.source.port != announced for each in office.packets("rtp"))


def announced_elsewhere(office: VirtualOffice) -> bool:
    call_echo(office)
    return b"c=IN IP4 127.0.0.5\r\n" not in office.sent("INVITE")[0].body


def crossed(office: VirtualOffice) -> bool:
    one = office.phone("101").call(ECHO).wait_answered()
    two = office.phone("102").call(ECHO).wait_answered()
    one.play_tone(600)
    two.play_tone(900)
    office.wait(2)
    return one.heard_tone(900) or two.heard_tone(600)


SIGNS: dict[str, Sign] = {
    "early-audio-dropped": late_sound,
    "one-way-audio": silent,
    "audio-not-passed-in": nothing_heard,
    "lossy-audio": gaps,
    "payload-type-unagreed": gsm,
    "wrong-codec-answered": answers_g729,
    "g729-alone-offered": offers_no_g711,
    "dtmf-inband": tones_for_digits,
    "dtmf-dropped": digits_dropped,
    "hold-without-sendonly": hold_unsaid,
    "hold-not-passed": hold_kept,
    "g711-not-offered": offers_gsm,
    "media-from-elsewhere": other_port,
    "sdp-wrong-address": announced_elsewhere,
    "crossed-audio": crossed,
}
"""Fault -> how it shows."""
