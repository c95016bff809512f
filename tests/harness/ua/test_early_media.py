"""RTP that overtakes the answer (RFC 3264 section 5.1)."""

from harness.drivers.phone import Phone
from harness.drivers.simulated import SimulatedNetwork
from harness.sip.hop import Packet


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
