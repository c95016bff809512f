"""What one side of a bridged call does reaches the other: ringing, media, answers, refusals and ends."""

from dataclasses import replace
from typing import Any

import pytest

from harness.drivers.phone import Phone
from harness.drivers.phone_call import PhoneCall
from harness.media.codec import codec_named
from harness.ua.call_options import CallOptions
from harness.ua.call_state import CallState
from reference_server.community.bridge import status_for_caller
from tests.reference_server.community.community_play import (
    ANN,
    BOB,
    SALES,
    answered,
    community_play,
    phone_of,
    ringing,
)
from tests.reference_server.trunk_play import TrunkPlay

RTP_TIMEOUT = 60
"""Seconds, of the dialect."""


def two_phones(**main: Any) -> tuple[TrunkPlay, Phone, Phone]:
    """A trunk with Ann and Bob signed in."""
    trunk = community_play(**main)
    return trunk, phone_of(trunk, ANN), phone_of(trunk, BOB)


def is_quiet(trunk: TrunkPlay) -> bool:
    """Whether nothing is left of any call: no leg, no channel, no media port."""
    trunk.wait(40)
    parts = trunk.trunk.parts
    return not (parts.community.calls() or parts.calls.live() or parts.endpoints.media_receivers)


class TestSettingUp:
    """RFC 7092: both legs are calls of their own."""

    def test_ringing_and_the_answer_come_through(self) -> None:
        trunk, ann, bob = two_phones()
        outgoing, incoming = ringing(ann, bob, BOB)
        assert incoming.call_id != outgoing.call_id
        assert outgoing.state is CallState.RINGING
        incoming.answer()
        outgoing.wait_answered()
        outgoing.hang_up()
        assert is_quiet(trunk)

    @pytest.mark.parametrize("status", [486, 603, 404, 500])
    def test_a_refusal_comes_through(self, status: int) -> None:
        trunk, ann, bob = two_phones()
        outgoing, incoming = ringing(ann, bob, BOB)
        incoming.reject(status)
        assert outgoing.wait_final().status == status
        assert is_quiet(trunk)

    @pytest.mark.parametrize("status", [302, 401, 407])
    def test_a_refusal_that_is_not_for_callers_becomes_480(self, status: int) -> None:
        _, ann, bob = two_phones()
        outgoing, incoming = ringing(ann, bob, BOB)
        incoming.reject(status)
        assert outgoing.wait_final().status == 480

    def test_the_caller_gives_up(self) -> None:
        trunk, ann, bob = two_phones()
        outgoing, incoming = ringing(ann, bob, BOB)
        outgoing.cancel()
        assert outgoing.wait_final().status == 487
        assert incoming.wait_request("CANCEL").method == "CANCEL"
        incoming.wait_ended()
        assert is_quiet(trunk)

    def test_nobody_answers(self) -> None:
        trunk, ann, bob = two_phones()
        outgoing, incoming = ringing(ann, bob, BOB)
        trunk.wait(61)
        assert outgoing.status == 480
        incoming.wait_ended()
        assert is_quiet(trunk)

    def test_a_phone_that_is_gone_is_not_available(self) -> None:
        trunk, ann, bob = two_phones()
        trunk.network.drop_if = lambda packet: packet.destination == bob.local
        outgoing = ann.call(BOB).wait_final(timeout=40)
        assert outgoing.status == 480
        assert is_quiet(trunk)

    def test_a_caller_who_gives_up_at_the_moment_of_the_answer_leaves_nothing(self) -> None:
        """RFC 3261 section 9.1: the 200 crosses the CANCEL."""
        trunk, ann, bob = two_phones()
        outgoing, incoming = ringing(ann, bob, BOB)
        outgoing.cancel()
        incoming.core.answer(trunk.network.now())
        trunk.wait(5)
        incoming.wait_ended()
        outgoing.wait_ended()
        assert is_quiet(trunk)

    def test_an_invite_without_an_offer_is_taken(self) -> None:
        """RFC 3261 section 13.2.1: the offer comes in the 200."""
        _, ann, bob = two_phones()
        outgoing, incoming = answered(ann, bob, BOB, late_offer=True)
        hear_each_other(outgoing, incoming)

    def test_a_caller_that_demands_reliable_responses_gets_them(self) -> None:
        """RFC 3262 section 3."""
        _, ann, bob = two_phones()
        outgoing, incoming = answered(ann, bob, BOB, require=("100rel",), supported=("100rel",))
        assert any(response.headers.get("RSeq") for response in outgoing.responses)
        hear_each_other(outgoing, incoming)

    @pytest.mark.parametrize("sdp", [b"garbage", b"v=0\r\ns=-\r\nt=0 0\r\nm=audio 0 RTP/AVP 8\r\n"])
    def test_an_answer_without_usable_audio_ends_the_call(self, sdp: bytes) -> None:
        trunk, ann, _ = two_phones()
        bob = phone_of(trunk, BOB, signed_in=False)
        bob.agent.incoming_options = CallOptions(sdp=sdp)
        bob.register()
        outgoing, incoming = ringing(ann, bob, BOB)
        incoming.answer()
        assert outgoing.wait_final().status == 480
        incoming.wait_ended()
        assert [request.method for request in incoming.requests][-2:] == ["ACK", "BYE"]
        assert is_quiet(trunk)


class TestEnding:
    """RFC 3261 section 15: a BYE on one leg is a BYE on the other."""

    @pytest.mark.parametrize("who", ["caller", "callee"])
    def test_either_side_hangs_up(self, who: str) -> None:
        trunk, ann, bob = two_phones()
        outgoing, incoming = answered(ann, bob, BOB)
        first, second = (outgoing, incoming) if who == "caller" else (incoming, outgoing)
        first.hang_up()
        assert second.wait_request("BYE").method == "BYE"
        second.wait_ended()
        assert is_quiet(trunk)

    def test_a_caller_that_is_gone_is_noticed_and_the_callee_gets_bye(self) -> None:
        trunk, ann, bob = two_phones()
        outgoing, incoming = answered(ann, bob, BOB)
        trunk.wait(1)
        lost = outgoing.media.local
        trunk.network.drop_if = lambda packet: packet.source in (ann.local, lost)
        trunk.wait(RTP_TIMEOUT + 3)
        assert incoming.state is CallState.ENDED
        assert is_quiet(trunk)

    def test_a_caller_that_never_acknowledges_loses_the_call(self) -> None:
        trunk, ann, bob = two_phones()
        outgoing, incoming = answered(ann, bob, BOB, send_ack=False)
        outgoing.wait(1)
        trunk.wait(40)
        assert incoming.state is CallState.ENDED

    def test_the_pbx_hangs_up_a_forwarded_call(self) -> None:
        trunk, ann, _ = two_phones()
        pbx = trunk.phone()
        pbx.register()
        outgoing, incoming = answered(ann, pbx, SALES)
        incoming.hang_up()
        outgoing.wait_ended()
        assert trunk.channels_used() == 0
        trunk.wait(1)
        record = trunk.store.records()[-1]
        assert (record.released_by, record.cause) == ("callee", "BYE")

    def test_the_operator_ends_a_forwarded_call(self) -> None:
        trunk, ann, _ = two_phones()
        pbx = trunk.phone()
        pbx.register()
        outgoing, incoming = answered(ann, pbx, SALES)
        (live,) = trunk.trunk.parts.calls.live()
        trunk.trunk.hang_up(live, trunk.network.now())
        outgoing.wait_ended()
        incoming.wait_ended()
        assert is_quiet(trunk)

    def test_the_trunk_goes_down(self) -> None:
        trunk, ann, bob = two_phones()
        outgoing, incoming = answered(ann, bob, BOB)
        trunk.trunk.shut_down(trunk.network.now())
        outgoing.wait_ended()
        incoming.wait_ended()


class TestMedia:
    """RTP between the legs."""

    def test_both_hear_each_other(self) -> None:
        _, ann, bob = two_phones()
        hear_each_other(*answered(ann, bob, BOB))

    @pytest.mark.parametrize("caller", ["PCMA", "PCMU"])
    def test_the_answer_has_the_codec_that_the_callee_took(self, caller: str) -> None:
        _, ann, bob = two_phones()
        outgoing, incoming = answered(ann, bob, BOB, codecs=(caller, "telephone-event"))
        hear_each_other(outgoing, incoming)
        assert outgoing.media.agreed is not None
        assert incoming.media.agreed is not None
        assert outgoing.media.agreed.codec.name == incoming.media.agreed.codec.name == caller

    def test_legs_with_different_laws_hear_each_other(self) -> None:
        """Both took both, and the callee sends mu-law without a word (RFC 3264 section 6.1)."""
        _, ann, bob = two_phones()
        outgoing, incoming = answered(ann, bob, BOB)
        agreed = incoming.media.agreed
        assert agreed is not None
        incoming.media.update(replace(agreed, codec=codec_named("PCMU"), payload_type=0), 0.0)
        incoming.play_tone(1004)
        outgoing.wait_tone(1004)
        assert set(outgoing.media.payload_types) == {8}

    def test_a_codec_that_the_caller_wants_later_is_the_callees_too(self) -> None:
        _, ann, bob = two_phones()
        outgoing, incoming = answered(ann, bob, BOB, codecs=("PCMA", "telephone-event"))
        outgoing.core.options = replace(outgoing.core.options, codecs=("PCMU", "telephone-event"))
        outgoing.reinvite()
        assert outgoing.modification_status == 200
        assert outgoing.media.agreed is not None
        assert incoming.media.agreed is not None
        assert (outgoing.media.agreed.codec.name, incoming.media.agreed.codec.name) == ("PCMU", "PCMU")
        hear_each_other(outgoing, incoming)
        outgoing.send_dtmf("7")
        assert incoming.wait_dtmf(1) == "7"

    def test_digits_come_through_both_ways(self) -> None:
        _, ann, bob = two_phones()
        outgoing, incoming = answered(ann, bob, BOB)
        outgoing.send_dtmf("159#")
        assert incoming.wait_dtmf(4) == "159#"
        incoming.send_dtmf("*0")
        assert outgoing.wait_dtmf(2) == "*0"

    def test_digits_are_not_promised_to_a_caller_whose_callee_takes_none(self) -> None:
        trunk, ann, _ = two_phones()
        bob = phone_of(trunk, BOB, signed_in=False)
        bob.agent.incoming_options = CallOptions(codecs=("PCMU",))
        bob.register()
        outgoing, incoming = answered(ann, bob, BOB)
        assert outgoing.media.agreed is not None
        assert outgoing.media.agreed.event_payload_type is None
        assert outgoing.media.agreed.codec.name == "PCMU"
        hear_each_other(outgoing, incoming)

    def test_early_media_is_heard_before_the_answer(self) -> None:
        """It is answered with what the callee took, and so is the 200 after it."""
        trunk, ann, _ = two_phones()
        bob = phone_of(trunk, BOB, signed_in=False)
        bob.agent.incoming_options = CallOptions(codecs=("PCMA", "telephone-event"))
        bob.register()
        outgoing = ann.call(BOB, codecs=("PCMU", "PCMA", "telephone-event"))
        incoming = bob.wait_call()
        incoming.ring()
        incoming.ring(183, early_media=True)
        outgoing.wait_status(183)
        assert outgoing.media.agreed is not None
        assert outgoing.media.agreed.codec.name == "PCMA"
        incoming.play_tone(425)
        outgoing.wait_tone(425)
        incoming.answer()
        outgoing.wait_answered()
        hear_each_other(outgoing, incoming)
        outgoing.hang_up()
        assert is_quiet(trunk)

    def test_a_forwarded_call_is_heard_both_ways_and_its_record_shows_the_digits(self) -> None:
        trunk, ann, _ = two_phones()
        pbx = trunk.phone()
        pbx.register()
        outgoing, incoming = answered(ann, pbx, SALES)
        hear_each_other(outgoing, incoming)
        incoming.send_dtmf("42")
        assert outgoing.wait_dtmf(2) == "42"
        (live,) = trunk.trunk.parts.calls.live()
        assert live.heard is not None
        assert live.heard.digits == "42"

    def test_a_listener_sees_the_senders_own_stream(self) -> None:
        """Sequence numbers, timestamps and SSRC pass unchanged, so loss is seen where it is."""
        trunk, ann, bob = two_phones()
        outgoing, incoming = answered(ann, bob, BOB)
        trunk.wait(2)
        assert incoming.media.received_packets >= 90
        assert incoming.media.statistics.lost == 0
        assert outgoing.media.statistics.lost == 0


class TestChanges:
    """re-INVITE and UPDATE (RFC 3264 section 8); more in `test_renegotiation`."""

    @pytest.mark.parametrize("who", ["caller", "callee"])
    def test_hold_and_resume(self, who: str) -> None:
        trunk, ann, bob = two_phones()
        outgoing, incoming = answered(ann, bob, BOB)
        holder, held = (outgoing, incoming) if who == "caller" else (incoming, outgoing)
        held.play_tone(440)
        holder.wait_tone(440)
        holder.hold()
        assert holder.modification_status == 200
        trunk.wait(0.5)
        before = holder.media.received_packets
        trunk.wait(1)
        assert holder.media.received_packets == before
        holder.resume()
        assert holder.modification_status == 200
        holder.wait_tone(440)

    def test_a_long_hold_does_not_end_the_call(self) -> None:
        trunk, ann, bob = two_phones()
        outgoing, _ = answered(ann, bob, BOB)
        outgoing.wait(1)
        outgoing.hold()
        trunk.wait(3 * RTP_TIMEOUT)
        assert outgoing.state is CallState.ANSWERED


@pytest.mark.parametrize(
    ("status", "ended_by", "told"),
    [
        (486, "remote", 486),
        (302, "remote", 480),
        (407, "remote", 480),
        (487, "local", 480),
        (None, "timeout", 480),
    ],
)
def test_what_a_caller_is_told(status: int | None, ended_by: str, told: int) -> None:
    assert status_for_caller(status, ended_by) == told


def hear_each_other(outgoing: PhoneCall, incoming: PhoneCall) -> None:
    """Each plays a tone of its own, and hears the other's."""
    outgoing.play_tone(440)
    incoming.play_tone(1004)
    incoming.wait_tone(440)
    outgoing.wait_tone(1004)
