"""RTP that overtakes the answer (RFC 3264 section 5.1)."""

from harness.drivers.phone import Phone
from harness.drivers.simulated import SimulatedNetwork
from harness.sip.hop import Packet
from harness.ua.media_session import MediaSession


def test_digits_that_overtake_a_lost_200_are_heard(
    alice: Phone, bob: Phone, network: SimulatedNetwork
) -> None:
    lost: list[Packet] = []

    def first_answer(packet: Packet) -> bool:
        if not lost and packet.data.startswith(b"SIP/2.0 200"):
            lost.append(packet)
            return True
        return False

    network.drop_if = first_answer
    call = alice.call("bob")
    answered = bob.wait_call()
    answered.core.answer(network.now())
    answered.core.send_dtmf("7", network.now())
    call.wait_answered()
    assert lost
    assert call.wait_dtmf(1) == "7"
    assert call.media.received_packets > 15


def test_an_owner_learns_of_each_provisional_response_and_of_the_media_once(
    alice: Phone, bob: Phone, network: SimulatedNetwork
) -> None:
    """A 183 after a 180 changes no state, but it opens the media."""
    call = alice.call("bob")
    progress: list[int] = []
    opened: list[MediaSession] = []
    call.core.on_progress = lambda _call, response, _now: progress.append(response.status)
    call.core.on_media = lambda _call, session: opened.append(session)
    answered = bob.wait_call()
    answered.ring()
    call.wait_ringing()
    assert (progress, opened) == ([180], [])
    answered.ring(183, early_media=True)
    call.wait_status(183)
    assert progress == [180, 183]
    answered.answer()
    call.wait_answered()
    assert opened == [call.media]
