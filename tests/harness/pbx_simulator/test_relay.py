"""RTP is passed under the payload types of the other leg; what nobody agreed on is not."""

from harness.media.rtp import RtpPacket
from harness.pbx_simulator.relay import with_payload_type
from tests.harness.pbx_simulator.virtual_office import VirtualOffice

ECHO = "+17606604690"
OFFER = (
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.6\r\ns=-\r\nc=IN IP4 127.0.0.6\r\nt=0 0\r\n"
    b"m=audio 30000 RTP/AVP 96 97\r\na=rtpmap:96 PCMU/8000\r\na=rtpmap:97 telephone-event/8000\r\n"
)
PACKET = RtpPacket(payload_type=0, sequence=7, timestamp=160, ssrc=1, payload=b"x" * 160, marker=True)


def test_only_the_payload_type_changes() -> None:
    changed = RtpPacket.parse(with_payload_type(bytes(PACKET), 96))
    assert changed.payload_type == 96
    assert with_payload_type(bytes(changed), 0) == bytes(PACKET)


def test_numbers_of_a_phone_are_translated(office: VirtualOffice) -> None:
    call = office.phone().call(ECHO, sdp=OFFER).wait_answered()
    call.play_tone(1004)
    call.send_dtmf("4")
    office.wait(1)
    assert {RtpPacket.parse(each.packet.data).payload_type for each in office.packets("rtp")} == {0, 101}
    assert call.media.payload_types.keys() == {96, 97}


def test_sound_that_was_not_agreed_upon_stays_inside(office: VirtualOffice) -> None:
    call = office.phone().call(ECHO, codecs=("PCMA",)).wait_answered()
    office.wait(1)
    before = len(office.packets("rtp"))
    remote = call.media.remote
    assert remote is not None
    board, now = office.pbx.switchboard, office.network.now()
    strange = RtpPacket(payload_type=9, sequence=1, timestamp=0, ssrc=2, payload=b"x" * 160)
    packet = office.network.trace.packets[-1].packet._replace(data=bytes(strange), destination=remote)
    office.pbx.receive(packet, now)
    office.pbx.receive(packet._replace(data=b"no rtp"), now)
    assert board.relayed(packet) == []
    assert len(office.packets("rtp")) == before


def test_rtcp_is_passed_one_port_higher(office: VirtualOffice) -> None:
    call = office.phone().call(ECHO, rtcp=True).wait_answered()
    office.wait(12)
    sent = [each.packet for each in office.packets("other")]
    assert sent
    assert (
        {packet.source.port % 2 for packet in sent} == {packet.destination.port % 2 for packet in sent} == {1}
    )
    call.hang_up()
