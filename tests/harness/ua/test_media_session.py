"""RTP of calls in virtual time: tones, echo, telephone-events, counts, RTCP."""

import pytest

from harness.drivers.phone import Phone
from harness.drivers.simulated import SimulatedNetwork
from harness.media.rtcp import Goodbye, SenderReport, parse_compound
from harness.sip.errors import LocalError
from harness.ua.call_options import CallOptions
from tests.harness.ua.test_call import establish


class TestSound:
    def test_a_tone_is_heard_and_silence_is_not(self, alice: Phone, bob: Phone) -> None:
        outgoing, incoming = establish(alice, bob)
        outgoing.play_tone(1004)
        incoming.wait_tone(1004)
        assert not incoming.heard_tone(1104)
        assert not outgoing.heard_tone(1004)
        outgoing.play_silence().wait(0.5)
        assert not incoming.heard_tone(1004)

    @pytest.mark.parametrize("codec", ["PCMA", "PCMU"])
    def test_an_echo_brings_the_tone_back(self, alice: Phone, bob: Phone, codec: str) -> None:
        bob.agent.incoming_options = CallOptions(media="echo")
        outgoing, incoming = establish(alice, bob, codecs=(codec,))
        outgoing.play_tone(700).wait_tone(700)
        assert outgoing.media.agreed is not None
        assert outgoing.media.agreed.codec.name == codec
        assert abs(outgoing.media.received_packets - incoming.media.received_packets) <= 2
        assert outgoing.quality.sources == 1

    def test_packets_leave_every_20_ms(self, alice: Phone, bob: Phone) -> None:
        outgoing, incoming = establish(alice, bob)
        outgoing.wait(1)
        assert 50 <= incoming.media.received_packets <= 52
        assert incoming.quality.jitter_ms < 1
        assert incoming.mos > 4.3

    def test_a_late_driver_makes_up_for_a_few_packets_only(
        self, alice: Phone, bob: Phone, network: SimulatedNetwork
    ) -> None:
        outgoing, _ = establish(alice, bob)
        sent = outgoing.media.sent_packets
        outgoing.core.handle_timers(network.now() + 3)
        assert outgoing.media.sent_packets - sent <= 2

    def test_loss_is_counted(self, alice: Phone, bob: Phone, network: SimulatedNetwork) -> None:
        outgoing, incoming = establish(alice, bob)
        network.loss = 0.1
        outgoing.wait(10)
        network.loss = 0
        assert 5 < incoming.quality.loss_percent < 15
        assert incoming.mos < 4


class TestTelephoneEvents:
    """RFC 4733."""

    def test_digits_arrive_once_each_in_order(self, alice: Phone, bob: Phone) -> None:
        outgoing, incoming = establish(alice, bob)
        outgoing.send_dtmf("1234#")
        assert incoming.wait_dtmf(5) == "1234#"
        incoming.wait(1)
        assert incoming.dtmf == "1234#"

    def test_digits_come_back_from_an_echo(self, alice: Phone, bob: Phone) -> None:
        bob.agent.incoming_options = CallOptions(media="echo")
        outgoing, _ = establish(alice, bob)
        outgoing.send_dtmf("99*")
        assert outgoing.wait_dtmf(3) == "99*"

    def test_digits_survive_loss(self, alice: Phone, bob: Phone, network: SimulatedNetwork) -> None:
        outgoing, incoming = establish(alice, bob)
        network.loss = 0.2
        outgoing.send_dtmf("0123456789")
        assert incoming.wait_dtmf(10) == "0123456789"

    def test_without_telephone_event_digits_cannot_be_sent(self, alice: Phone, bob: Phone) -> None:
        outgoing, _ = establish(alice, bob, codecs=("PCMA",))
        with pytest.raises(LocalError, match="telephone-event"):
            outgoing.send_dtmf("1")

    def test_a_source_of_nothing_still_sends_digits(self, alice: Phone, bob: Phone) -> None:
        outgoing, incoming = establish(alice, bob, media="none")
        outgoing.send_dtmf("5")
        assert incoming.wait_dtmf() == "5"
        assert set(incoming.media.payload_types) == {101}


class TestCounting:
    def test_source_addresses_and_payload_types_are_recorded(self, alice: Phone, bob: Phone) -> None:
        outgoing, incoming = establish(alice, bob)
        incoming.wait_media(3)
        local = outgoing.media.local
        assert set(incoming.media.source_addresses) == {(local.host, local.port)}
        assert set(incoming.media.payload_types) == {8}

    def test_a_call_without_a_codec_in_common_is_refused_with_488(self, alice: Phone, bob: Phone) -> None:
        outgoing = alice.call("bob", codecs=("G729",))
        bob.wait_call().answer(timeout=0)
        outgoing.wait_ended()
        assert outgoing.status == 488

    def test_media_ports_are_given_back(self, alice: Phone, bob: Phone) -> None:
        outgoing, incoming = establish(alice, bob)
        assert alice.agent.endpoint.media_receivers
        outgoing.hang_up()
        incoming.wait_ended()
        assert not alice.agent.endpoint.media_receivers
        assert not bob.agent.endpoint.media_receivers


class TestRtcp:
    """RFC 3550 section 6."""

    def test_reports_come_every_5_s_and_a_goodbye_at_the_end(
        self, alice: Phone, bob: Phone, network: SimulatedNetwork
    ) -> None:
        outgoing, incoming = establish(alice, bob, rtcp=True)
        outgoing.wait(11)
        reports = [report for report in incoming.media.reports if isinstance(report, SenderReport)]
        assert len(reports) == 2
        assert reports[0].packets > 240
        outgoing.hang_up()
        last = [traced.packet.data for traced in network.trace if traced.kind == "other"][-1]
        assert isinstance(parse_compound(last)[-1], Goodbye)
