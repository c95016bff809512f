"""A change of one side reaches the other side: in order, and refused it leaves the session as it was."""

import random
from dataclasses import replace

import pytest

from harness.drivers.phone_call import PhoneCall
from harness.media.offer_answer import MediaAddress, make_offer
from harness.sip.message import Request, Response
from harness.ua.call_state import CallState
from reference_server.community.renegotiation import status_for_offerer
from tests.reference_server.community.community_play import (
    ANN,
    BOB,
    SALES,
    answered,
    community_play,
    phone_of,
)
from tests.reference_server.trunk_play import TrunkPlay

SIDES = pytest.mark.parametrize("who", ["caller", "callee"])
RTP_TIMEOUT = 60
"""Seconds, of the dialect."""


class Talk:
    """Two phones that talk: `one` is the side that acts, `two` the other."""

    def __init__(self, who: str = "caller", *, forwarded: bool = False, **options: object) -> None:
        self.trunk: TrunkPlay = community_play()
        ann = phone_of(self.trunk, ANN)
        other = self.trunk.phone() if forwarded else phone_of(self.trunk, BOB)
        other.register()
        self.caller, self.callee = answered(ann, other, SALES if forwarded else BOB, **options)
        self.trunk.wait(1)
        self.one, self.two = (self.caller, self.callee) if who == "caller" else (self.callee, self.caller)

    def settle(self) -> None:
        """Lets all changes that are on their way come to their end."""
        cores = (self.caller.core, self.callee.core)
        assert self.trunk.network.run_until(lambda: not any(core.modifying for core in cores), 20)
        self.trunk.wait(1)

    @property
    def directions(self) -> tuple[str, str]:
        """What `one` and `two` do, each as itself sees it."""
        return direction_of(self.one), direction_of(self.two)


def direction_of(call: PhoneCall) -> str:
    """What a phone does now, as it sees it."""
    agreed = call.media.agreed
    return "none" if agreed is None else agreed.direction


def reinvites(call: PhoneCall) -> list[Request]:
    """The re-INVITEs that a phone got."""
    return [one for one in call.requests if one.method == "INVITE" and one.to.tag is not None]


def refusing(call: PhoneCall, status: int) -> None:
    """Lets a phone refuse changes."""

    def refuse(_request: Request, now: float) -> bool:
        call.core.answers.refuse_put_off(status, now, "a change", "no change", headers=[("Retry-After", "3")])
        return True

    call.core.answers.before_change = refuse


def waiting(call: PhoneCall) -> None:
    """Lets a phone think about changes for ever."""
    call.core.answers.before_change = lambda _request, _now: True


class TestHold:
    """RFC 3264 section 8.4."""

    @SIDES
    @pytest.mark.parametrize("forwarded", [False, True])
    def test_hold_reaches_the_other_side_and_so_does_resume(self, who: str, forwarded: bool) -> None:
        talk = Talk(who, forwarded=forwarded)
        assert talk.one.hold().modification_status == 200
        assert talk.directions == ("sendonly", "recvonly")
        assert talk.one.resume().modification_status == 200
        assert talk.directions == ("sendrecv", "sendrecv")
        talk.two.play_tone(440)
        talk.one.wait_tone(440)

    @SIDES
    def test_music_on_hold_is_heard_and_the_held_side_sends_nothing(self, who: str) -> None:
        talk = Talk(who)
        talk.one.hold()
        talk.one.play_tone(1004)
        talk.two.wait_tone(1004)
        sent = talk.two.media.sent_packets
        talk.trunk.wait(2)
        assert talk.two.media.sent_packets == sent

    def test_an_inactive_offer_reaches_the_other_side(self) -> None:
        talk = Talk()
        assert talk.one.reinvite("inactive").modification_status == 200
        assert talk.directions == ("inactive", "inactive")

    def test_the_old_hold_reaches_the_other_side_as_a_new_one(self) -> None:
        talk = Talk()
        held = make_offer(MediaAddress("0.0.0.0", 4000), version=9)
        talk.one.reinvite(sdp=bytes(held))
        assert talk.one.modification_status == 200
        assert direction_of(talk.two) == "recvonly"

    @SIDES
    def test_both_hold_and_resume_one_after_the_other(self, who: str) -> None:
        talk = Talk(who)
        talk.one.hold()
        talk.two.hold()
        assert talk.directions == ("inactive", "inactive")
        talk.one.resume()
        assert talk.directions == ("recvonly", "sendonly")
        talk.two.resume()
        assert talk.directions == ("sendrecv", "sendrecv")

    @SIDES
    def test_the_side_that_held_last_resumes_first(self, who: str) -> None:
        talk = Talk(who)
        talk.one.hold()
        talk.two.hold()
        talk.two.resume()
        assert talk.directions == ("sendonly", "recvonly")

    def test_a_long_hold_ends_neither_leg(self) -> None:
        talk = Talk(forwarded=True)
        talk.one.play_silence().hold()
        talk.trunk.wait(2 * RTP_TIMEOUT)
        assert talk.one.state is talk.two.state is CallState.ANSWERED

    def test_update_is_handed_on_too(self) -> None:
        """RFC 3311."""
        talk = Talk()
        assert talk.one.update("sendonly").modification_status == 200
        assert direction_of(talk.two) == "recvonly"

    @pytest.mark.parametrize("seed", range(8))
    def test_whatever_both_do_in_turn_each_side_sees_what_the_other_wants(self, seed: int) -> None:
        chance = random.Random(seed)
        talk = Talk(chance.choice(["caller", "callee"]))
        wants = {talk.one: "sendrecv", talk.two: "sendrecv"}
        for _ in range(12):
            side = chance.choice([talk.one, talk.two])
            wants[side] = chance.choice(["sendrecv", "sendonly"])
            assert side.reinvite(wants[side]).modification_status == 200
        one, two = (wants[side] == "sendonly" for side in (talk.one, talk.two))
        expected = {
            (False, False): ("sendrecv", "sendrecv"),
            (True, False): ("sendonly", "recvonly"),
            (False, True): ("recvonly", "sendonly"),
            (True, True): ("inactive", "inactive"),
        }
        assert talk.directions == expected[one, two]


class TestWhatConcernsNobodyElse:
    """Each leg answers by itself."""

    @SIDES
    def test_an_offer_that_changes_nothing_stays_on_its_leg(self, who: str) -> None:
        talk = Talk(who)
        assert talk.one.reinvite().modification_status == 200
        assert talk.one.update().modification_status == 200
        assert reinvites(talk.two) == []

    def test_a_refresh_during_a_hold_stays_on_its_leg_and_holds_on(self) -> None:
        talk = Talk()
        talk.one.hold()
        talk.one.reinvite()
        talk.two.reinvite()
        assert len(reinvites(talk.two)) == 1
        assert reinvites(talk.one) == []
        assert talk.directions == ("sendonly", "recvonly")

    def test_an_offer_without_a_codec_in_common_is_refused_at_once(self) -> None:
        talk = Talk()
        sdp = bytes(make_offer(MediaAddress("192.0.2.1", 4000), ("telephone-event",), version=9))
        assert talk.one.reinvite(sdp=sdp).modification_status == 488
        assert reinvites(talk.two) == []

    def test_too_short_a_session_is_refused_at_once(self) -> None:
        """RFC 4028 section 9."""
        talk = Talk(supported=("timer",), session_expires=90)
        assert talk.one.core.refresh.timer is not None
        talk.one.core.refresh.timer = replace(talk.one.core.refresh.timer, interval=20)
        talk.one.hold()
        assert 422 in [response.status for response in talk.one.responses]


class TestRefusal:
    """RFC 3261 section 14.1: what was agreed on before stays."""

    @SIDES
    @pytest.mark.parametrize("status", [488, 606, 500, 503])
    def test_a_refusal_reaches_who_asked_and_the_session_stays(self, who: str, status: int) -> None:
        talk = Talk(who)
        refusing(talk.two, status)
        assert talk.one.hold().modification_status == status
        assert talk.directions == ("sendrecv", "sendrecv")
        refused = talk.one.responses[-1]
        assert refused.headers.get("Retry-After") == "3"
        assert f"{status} of the other side" in (refused.headers.get("Warning") or "")
        talk.two.core.answers.before_change = None
        talk.two.play_tone(440)
        talk.one.wait_tone(440)

    def test_a_refused_codec_leaves_the_old_one(self) -> None:
        talk = Talk(codecs=("PCMA", "telephone-event"))
        talk.two.core.options = replace(talk.two.core.options, codecs=("PCMA", "telephone-event"))
        talk.one.core.options = replace(talk.one.core.options, codecs=("PCMU", "telephone-event"))
        assert talk.one.reinvite().modification_status == 488
        talk.one.play_tone(440)
        talk.two.wait_tone(440)
        assert set(talk.two.media.payload_types) == {8}

    def test_a_refused_hold_is_forgotten(self) -> None:
        """A refresh of the trunk's after it offers what holds."""
        talk = Talk()
        refusing(talk.two, 488)
        talk.one.hold()
        talk.two.core.answers.before_change = None
        assert talk.one.reinvite("sendrecv").modification_status == 200
        assert talk.two.reinvite().modification_status == 200
        assert talk.directions == ("sendrecv", "sendrecv")

    def test_a_side_that_knows_no_call_any_more_ends_it(self) -> None:
        talk = Talk()
        refusing(talk.two, 481)
        talk.one.core.hold(talk.trunk.network.now())
        talk.one.wait_request("BYE")
        assert [response.status for response in talk.one.responses][-1] == 487

    @pytest.mark.parametrize(
        ("status", "told"), [(488, 488), (491, 491), (503, 503), (401, 488), (407, 488), (302, 488), (0, 488)]
    )
    def test_what_is_told(self, status: int, told: int) -> None:
        assert status_for_offerer(status) == told


class TestGlare:
    """RFC 3261 section 14.1: 491, and a second try after a pause of its own for each side."""

    def test_both_hold_at_once_and_both_come_through(self) -> None:
        talk = Talk()
        now = talk.trunk.network.now()
        talk.one.core.hold(now)
        talk.two.core.hold(now)
        talk.settle()
        assert 491 in [response.status for response in talk.one.responses]
        assert 491 in [response.status for response in talk.two.responses]
        assert talk.directions == ("inactive", "inactive")
        assert (talk.one.modification_status, talk.two.modification_status) == (200, 200)

    @pytest.mark.parametrize("apart", [0.004, 0.008, 0.012, 0.016, 0.03])
    @pytest.mark.parametrize("first", ["caller", "callee"])
    def test_whoever_is_a_little_earlier(self, first: str, apart: float) -> None:
        talk = Talk(first)
        talk.one.core.hold(talk.trunk.network.now())
        talk.trunk.wait(apart)
        talk.two.core.hold(talk.trunk.network.now())
        talk.settle()
        assert talk.directions == ("inactive", "inactive")

    def test_a_491_of_the_far_end_reaches_who_asked(self) -> None:
        talk = Talk()
        refusing(talk.two, 491)
        talk.one.core.hold(talk.trunk.network.now())
        talk.trunk.wait(0.1)
        assert talk.one.responses[-1].status == 491
        talk.two.core.answers.before_change = None
        talk.settle()
        assert talk.directions == ("sendonly", "recvonly")

    def test_a_second_offer_before_the_first_is_answered_is_too_early(self) -> None:
        """RFC 3311 section 5.2: 500 with Retry-After."""
        talk = Talk()
        waiting(talk.two)
        talk.one.core.hold(talk.trunk.network.now())
        talk.trunk.wait(1)
        offer = bytes(make_offer(MediaAddress("192.0.2.1", 4000), version=9))
        early = talk.one.core.request("UPDATE", talk.trunk.network.now(), body=offer)
        talk.trunk.wait(1)
        assert early.status == 500
        refusal = early.responses[-1].message
        assert refusal is not None
        assert refusal.headers.get("Retry-After") is not None

    def test_a_change_is_answered_provisionally_while_the_other_side_thinks(self) -> None:
        """RFC 3261 section 17.2.1: it is not repeated then."""
        talk = Talk()
        waiting(talk.two)
        talk.one.core.hold(talk.trunk.network.now())
        talk.trunk.wait(10)
        assert [response.status for response in talk.one.responses][-1] == 100
        talk.two.core.answers.answer_put_off(talk.trunk.network.now())
        talk.settle()
        assert talk.directions == ("sendonly", "recvonly")


class TestEnds:
    """BYE and CANCEL in the midst of a change."""

    @SIDES
    def test_who_asked_hangs_up_before_the_answer(self, who: str) -> None:
        talk = Talk(who)
        waiting(talk.two)
        talk.one.core.hold(talk.trunk.network.now())
        talk.trunk.wait(1)
        talk.one.hang_up()
        assert 487 in [response.status for response in talk.one.responses]
        talk.two.wait_ended()
        assert is_quiet(talk)

    @SIDES
    def test_who_is_asked_hangs_up_instead_of_answering(self, who: str) -> None:
        talk = Talk(who)
        waiting(talk.two)
        talk.one.core.hold(talk.trunk.network.now())
        talk.trunk.wait(1)
        talk.two.hang_up()
        talk.one.wait_ended()
        assert 487 in [response.status for response in talk.one.responses]
        assert is_quiet(talk)

    @SIDES
    def test_hold_and_bye_cross(self, who: str) -> None:
        talk = Talk(who)
        now = talk.trunk.network.now()
        talk.one.core.hold(now)
        talk.two.core.hang_up(now)
        talk.one.wait_ended()
        talk.two.wait_ended()
        assert is_quiet(talk)

    def test_a_side_that_is_gone_ends_the_call(self) -> None:
        talk = Talk()
        gone = talk.callee.core.endpoint.local
        talk.trunk.network.drop_if = lambda packet: gone in (packet.source, packet.destination)
        talk.one.core.hold(talk.trunk.network.now())
        talk.one.wait_ended(timeout=40)
        assert is_quiet(talk)

    def test_a_change_that_was_taken_back_is_undone_on_the_other_side(self) -> None:
        """RFC 3261 section 9.2: CANCEL of a re-INVITE is answered 487, and the session stays."""
        talk = Talk()
        waiting(talk.two)
        talk.one.core.hold(talk.trunk.network.now())
        talk.trunk.wait(1)
        (pending,) = talk.one.core.requests.pending
        layer = talk.one.core.endpoint.layer
        layer.cancel(pending, talk.trunk.network.now())
        talk.trunk.wait(1)
        assert talk.one.modification_status == 487
        talk.two.core.answers.before_change = None
        talk.two.core.answers.answer_put_off(talk.trunk.network.now())
        talk.settle()
        assert talk.directions == ("sendrecv", "sendrecv")

    def test_the_trunk_goes_down_during_a_change(self) -> None:
        talk = Talk()
        waiting(talk.two)
        talk.one.core.hold(talk.trunk.network.now())
        talk.trunk.wait(1)
        talk.trunk.trunk.shut_down(talk.trunk.network.now())
        talk.one.wait_ended()
        talk.two.wait_ended()
        assert is_quiet(talk)


class TestOfferlessReinvite:
    """RFC 3261 section 14.2: the offer comes in the 2xx, the answer in the ACK."""

    def test_what_the_answer_changes_reaches_the_other_side(self) -> None:
        talk = Talk()
        late_reinvite(talk, "sendonly")
        assert direction_of(talk.two) == "recvonly"
        late_reinvite(talk, "sendrecv")
        assert direction_of(talk.two) == "sendrecv"

    def test_what_the_answer_does_not_change_does_not(self) -> None:
        talk = Talk()
        late_reinvite(talk, "sendrecv")
        assert reinvites(talk.two) == []

    def test_a_hold_of_the_other_side_is_in_the_offer(self) -> None:
        talk = Talk()
        talk.two.hold()
        late_reinvite(talk, "recvonly")
        assert talk.directions == ("recvonly", "sendonly")
        assert reinvites(talk.two) == []


class TestSessionTimers:
    """RFC 4028: each leg has a timer of its own."""

    @pytest.mark.parametrize("refresher", ["uac", "uas"])
    def test_a_long_hold_is_refreshed_and_holds_on(self, refresher: str) -> None:
        talk = Talk(supported=("timer",), session_expires=90, refresher=refresher)
        assert talk.one.core.refresh.timer is not None
        talk.one.hold()
        talk.trunk.wait(200)
        assert talk.one.state is talk.two.state is CallState.ANSWERED
        assert talk.directions == ("sendonly", "recvonly")
        assert len(reinvites(talk.two)) == 1
        talk.one.resume()
        assert talk.directions == ("sendrecv", "sendrecv")

    def test_a_refresh_of_ours_waits_until_their_change_is_answered(self) -> None:
        """RFC 3261 section 14.1: no INVITE while another is on its way, in either direction."""
        talk = Talk(supported=("timer",), session_expires=90, refresher="uas")
        waiting(talk.two)
        talk.trunk.wait(40)
        talk.one.core.hold(talk.trunk.network.now())
        talk.trunk.wait(10)
        assert not any(one.method in ("INVITE", "UPDATE") for one in talk.one.requests)
        talk.two.core.answers.answer_put_off(talk.trunk.network.now())
        talk.trunk.wait(60)
        assert talk.one.state is CallState.ANSWERED


def late_reinvite(talk: Talk, direction: str) -> None:
    """`one` sends a re-INVITE without an offer and answers the trunk's with a direction."""
    core, network = talk.one.core, talk.trunk.network
    core.media_control.wanted = direction

    def answer(response: Response | None, now: float) -> None:
        assert response is not None
        assert response.status == 200
        body = core.media_control.answer_offer_strictly(response.body, now)
        core.requests.acknowledge(sent.dialog, sent.request, now, body)

    sent = core.requests.send("INVITE", network.now(), on_final=answer)
    talk.trunk.wait(1)
    talk.settle()


def is_quiet(talk: Talk) -> bool:
    """Whether nothing is left of the call: no leg, no channel, no media port."""
    talk.trunk.wait(40)
    parts = talk.trunk.trunk.parts
    return not (parts.community.calls() or parts.calls.live() or parts.endpoints.media_receivers)
