"""What takes the trunk and a phone half a minute to four hours: the clock jumps, and nothing sleeps."""

import pytest

from harness.drivers.errors import WaitTimeout
from harness.drivers.phone import Phone
from harness.drivers.phone_call import PhoneCall
from harness.drivers.simulated import SimulatedNetwork
from harness.settings.target import Numbers
from harness.sip.digest import Challenge, respond
from harness.sip.hop import Packet
from harness.sip.message import Response
from harness.ua.call_state import CallState
from tests.virtual.virtual_trunk import LISTENERS, PROFILES, VirtualTrunk

NUMBERS = Numbers()
SILENT_NUMBER = "+442079460210"
"""A far end without RTP."""
TIMEOUT = 32.0
"""Seconds: 64*T1, timers B, F and H of RFC 3261."""
NONCE_LIFETIME = 300.0
"""Seconds, as the dialect has it; so have all of these."""
RTP_TIMEOUT = 60.0
LOCKOUT_FAILURES, LOCKOUT_SECONDS = 10, 60.0
LONGEST_CALL = 14_400.0
CHANNELS = 300


def bindings(trunk: VirtualTrunk) -> int:
    return len(trunk.control.profile(PROFILES[0].sip_username)["bindings"])


def final_of(call: PhoneCall) -> Response:
    call.wait_final()
    return [each for each in call.responses if each.status >= 200][-1]


def silence_the_trunk(network: SimulatedNetwork) -> None:
    network.drop_if = lambda packet: packet.destination in LISTENERS


def vanish(network: SimulatedNetwork, phone: Phone) -> None:
    """The phone's machine loses its power: nothing comes from it, and nobody says that it is unreachable."""
    hosts = {phone.local, *(call.core.media_control.local_hop for call in phone.calls)}

    def is_of_phone(packet: Packet) -> bool:
        return packet.source in hosts or packet.destination in hosts

    network.drop_if = is_of_phone


def sent(network: SimulatedNetwork, phone: Phone, method: bytes) -> list[float]:
    """When the phone sent requests with a method, in seconds after the first of them."""
    times = [
        traced.time
        for traced in network.trace.packets
        if traced.packet.source == phone.local and traced.packet.data.startswith(method + b" ")
    ]
    return [round(time - times[0], 3) for time in times]


@pytest.mark.parametrize("seconds", [60, 3600])
def test_a_binding_ends_when_its_time_is_over(trunk: VirtualTrunk, seconds: int) -> None:
    """RFC 3261 section 10.3: it is there to the last second, and not after it."""
    phone = trunk.phone()
    assert phone.register(expires=seconds).status == 200
    phone.wait(seconds - 1)
    assert bindings(trunk) == 1
    phone.wait(1.1)
    assert bindings(trunk) == 0


class TestSilence:
    """The trunk says nothing at all."""

    def test_an_invite_is_given_up_after_timer_b(
        self, trunk: VirtualTrunk, network: SimulatedNetwork
    ) -> None:
        """RFC 3261 section 17.1.1.2: seven transmissions, doubling from T1."""
        silence_the_trunk(network)
        phone = trunk.phone()
        before = network.now()
        call = phone.call(NUMBERS.answers).wait_ended(timeout=TIMEOUT + 1)
        assert network.now() - before == pytest.approx(TIMEOUT)
        assert (call.ended_by, call.status) == ("timeout", None)
        assert sent(network, phone, b"INVITE") == [0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]

    def test_another_request_is_given_up_after_timer_f(
        self, trunk: VirtualTrunk, network: SimulatedNetwork
    ) -> None:
        """RFC 3261 section 17.1.2.2: eleven transmissions, doubling from T1 up to T2."""
        silence_the_trunk(network)
        phone = trunk.phone()
        before = network.now()
        with pytest.raises(WaitTimeout):
            phone.request("OPTIONS", timeout=TIMEOUT + 1)
        assert network.now() - before == pytest.approx(TIMEOUT)
        times = sent(network, phone, b"OPTIONS")
        assert times == [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]


class TestTheChannelComesBack:
    """Whatever a PBX forgets or loses, its channel is free again."""

    def test_when_the_200_is_never_acknowledged(self, trunk: VirtualTrunk) -> None:
        """RFC 3261 section 13.3.1.4: BYE after 64*T1."""
        call = trunk.phone().call(NUMBERS.answers, send_ack=False).wait_status(200)
        call.wait(TIMEOUT - 1)
        assert (trunk.channels_used(), call.state) == (1, CallState.ANSWERED)
        call.wait_request("BYE", timeout=2)
        call.wait(0.1)
        assert trunk.channels_used() == 0

    def test_when_rtp_came_and_the_peer_vanished(
        self, trunk: VirtualTrunk, network: SimulatedNetwork
    ) -> None:
        phone = trunk.phone()
        phone.call(NUMBERS.answers).wait_answered().wait_media(10)
        vanish(network, phone)
        phone.wait(RTP_TIMEOUT - 1)
        assert trunk.channels_used() == 1
        phone.wait(2 + TIMEOUT + 1)  # two sweeps, then timer F of the BYE that nobody answers
        assert trunk.channels_used() == 0
        assert trunk.control.records()[-1]["cause"] == "no RTP for 60 s"

    def test_when_the_session_is_not_refreshed(self, trunk: VirtualTrunk) -> None:
        """RFC 4028 section 10: the phone was to refresh within 90 s and does not."""
        call = trunk.phone().call(NUMBERS.session_timer, supported=("timer",), refresh=False)
        call.wait_answered().wait(50)
        assert call.state is CallState.ANSWERED
        call.wait_request("BYE", timeout=41)
        call.wait(0.1)
        assert trunk.channels_used() == 0

    def test_when_a_silent_peer_vanished(self, trunk: VirtualTrunk, network: SimulatedNetwork) -> None:
        """Without RTP the trunk asks with OPTIONS inside the dialog, and ends what nobody answers."""
        phone = trunk.phone()
        phone.call(SILENT_NUMBER, media="none").wait_answered()
        vanish(network, phone)
        phone.wait(RTP_TIMEOUT + 2 + TIMEOUT + 1)
        assert trunk.core.parts.calls.live()[0].session is not None
        phone.wait(1 + TIMEOUT)
        assert trunk.channels_used() == 0

    def test_when_a_call_lasts_beyond_all_measure(self, trunk: VirtualTrunk) -> None:
        """Four hours without RTP, its session refreshed and every OPTIONS answered: then BYE."""
        call = trunk.phone().call(SILENT_NUMBER, media="none", supported=("timer",)).wait_answered()
        call.wait(LONGEST_CALL - 2)
        assert call.state is CallState.ANSWERED
        call.wait_request("BYE", timeout=5)
        call.wait(0.1)
        assert trunk.channels_used() == 0


def test_a_nonce_grows_stale(trunk: VirtualTrunk) -> None:
    """RFC 7616 section 3.3: right credentials for an old nonce get a new one, with stale=true."""
    statuses = []
    for age in (NONCE_LIFETIME - 1, NONCE_LIFETIME + 1):
        phone = trunk.phone()
        value = final_of(phone.call(NUMBERS.busy, authenticate=False)).headers.get("Proxy-Authenticate")
        phone.wait(age)
        credentials = respond(
            Challenge.parse(value or "", proxy=True),
            username=phone.account.username,
            password=phone.account.password,
            method="INVITE",
            uri=f"sip:{NUMBERS.busy}@{phone.account.domain}",
            cnonce="6c1f8a3d52e97b04",
            nc=1,
        )
        header = ("Proxy-Authorization", str(credentials))
        answer = final_of(phone.call(NUMBERS.busy, authenticate=False, headers=(header,)))
        stale = "stale=true" in (answer.headers.get("Proxy-Authenticate") or "").lower()
        statuses.append((answer.status, stale))
    assert statuses == [(486, False), (407, True)]


def test_a_lock_opens_when_its_time_is_over(trunk: VirtualTrunk) -> None:
    guesser, owner = trunk.phone(), trunk.phone()
    for _ in range(LOCKOUT_FAILURES):
        guesser.register(password="not-the-password")
    assert owner.register().status == 403
    owner.wait(LOCKOUT_SECONDS - 1)
    assert owner.register().status == 403
    owner.wait(2)
    assert owner.register().status == 200


def test_three_hundred_calls_ring_and_the_next_is_refused(
    trunk: VirtualTrunk, network: SimulatedNetwork
) -> None:
    """Quick Start Guide: "You can add a maximum of 300 channels per SIP Profile"."""
    phone = trunk.phone()
    calls = [phone.call(NUMBERS.rings) for _ in range(CHANNELS)]
    assert network.run_until(lambda: all(call.state is CallState.RINGING for call in calls), 2)
    assert trunk.channels_used() == CHANNELS
    assert phone.call(NUMBERS.rings).wait_final().status == 503
    calls[0].cancel().wait_ended()
    assert phone.call(NUMBERS.busy).wait_final().status == 486
