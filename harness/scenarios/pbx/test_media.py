"""Audio between PBX and trunk: both ways, in the agreed codec, whole, and told when it stops."""

import math
from array import array
from collections.abc import Iterable
from dataclasses import replace

import pytest

from harness.capture.sip_glance import media_addresses
from harness.checks.breach import Breach, Inconclusive, NotApplicable, RequirementBroken
from harness.checks.expect import expect, expect_rule, expecting
from harness.checks.media import answer_is_subset, audio_of, encodings
from harness.checks.pbx.call import Call
from harness.checks.pbx.trunk_leg import TrunkLeg
from harness.drivers.errors import WaitTimeout
from harness.drivers.local_address import local_host_towards
from harness.media.errors import RtpError
from harness.media.g711 import decode_alaw, decode_ulaw
from harness.media.quality import ReceivedQuality, ReceiveStatistics
from harness.media.rtp import RtpPacket
from harness.pytest_plugin.inside_phone import InsideCall, InsideLine
from harness.pytest_plugin.trunk_side import TrunkSide
from harness.scenarios.pbx.steps import SOON, answered, call_of, dial, is_ended, taken
from harness.settings.pbx import PbxFile
from harness.sip.message import Message

TONE, OTHER_TONE = 1004.0, 700.0  # Hz
LEAST_MOS = 3.6
LISTENED = 1.6
"""Seconds of audio that are judged."""
TRIES = 3
"""Calls in which audio may arrive whole: a machine that is busy with other things delays it."""
DIGITS = "42"
QUIET = 200.0
"""Root mean square of 16-bit samples below which nobody hears anything."""


@pytest.mark.supports("outbound")
@pytest.mark.requirement("media.pbx-two-way")
def test_the_echo_test_is_heard(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """In a call to the echo test the caller hears himself: audio goes both ways."""
    call = answered(trunk, inside, pbx)
    call.play_tone(TONE)
    try:
        call.sip.wait_tone(TONE, timeout=SOON)
    except Inconclusive:
        trunk.pause(LISTENED)
        call.hang_up()
        trunk.wait(lambda leg: is_ended(leg.outbound[-1]), SOON)
        trunk.judge("media.pbx-two-way", media=True)
    except WaitTimeout:
        count = len(_from_pbx(trunk))
        seen = f"the caller does not hear his echo; {count} RTP packets reached the trunk"
        raise RequirementBroken(Breach("media.pbx-two-way", seen, _offer(trunk), "c=")) from None


@pytest.mark.supports("inbound")
@pytest.mark.requirement("media.pbx-two-way")
def test_an_inbound_call_is_heard_both_ways(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """In an inbound call the phone hears the caller, and the caller the phone."""
    placed, call = taken(trunk, inside, pbx, media=f"tone:{OTHER_TONE:g}")
    call.play_tone(TONE)
    try:
        with expecting("media.pbx-two-way", _answer(trunk)):
            call.sip.wait_tone(OTHER_TONE, timeout=SOON)
    except Inconclusive:  # nobody hears what the phone hears: what it sends must do
        pass
    came = trunk.wait_call(
        placed, lambda shown: shown["media"] and shown["media"]["received_packets"] > 20, SOON
    )
    expect(came, "media.pbx-two-way", "the caller does not hear the phone", _answer(trunk), "c=")


@pytest.mark.supports("outbound")
@pytest.mark.requirement("media.pbx-quality")
def test_audio_arrives_whole(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """The audio that reaches the trunk and comes back has a mean opinion score of 3.6 or more."""
    for _ in range(TRIES):
        trunk.begin()
        call = answered(trunk, inside, pbx)
        call.play_tone(TONE)
        quality = _quality_heard(trunk, call)
        mos = quality.rate().mos
        if mos >= LEAST_MOS:
            return
        call.hang_up()
        trunk.wait(lambda leg: is_ended(leg.outbound[-1]), SOON)
    seen = f"the mean opinion score is {mos:.1f}: {quality}"
    if replace(quality, late=0).rate().mos >= LEAST_MOS and _shares_this_machine(pbx):
        raise Inconclusive(f"{seen}; audio came late, but this machine, which the PBX runs on too, is busy")
    expect(False, "media.pbx-quality", seen, _offer(trunk), "m=")


@pytest.mark.supports("outbound")
@pytest.mark.requirement("media.pbx-codec")
def test_a_codec_of_the_trunk_is_offered(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """The offer holds a codec that the trunk speaks."""
    dial(trunk, inside, pbx)
    trunk.judge("media.pbx-codec")


@pytest.mark.supports("outbound")
@pytest.mark.requirement("media.pbx-g711")
def test_g711_is_offered(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """The offer holds G.711, which every far end speaks."""
    dial(trunk, inside, pbx)
    offer = _offer(trunk)
    audio = audio_of(offer)
    if audio is None:
        raise Inconclusive("the INVITE has no offer")
    names = [name for name in encodings(audio).values() if not name.startswith("TELEPHONE-EVENT")]
    has_it = bool({"PCMA/8000", "PCMU/8000"} & set(names))
    expect(has_it, "media.pbx-g711", f"offered {', '.join(names)}, no G.711", offer, "m=")


@pytest.mark.supports("inbound")
@pytest.mark.parametrize(
    "codecs", [["PCMA", "telephone-event"], ["G729", "PCMU"]], ids=["pcma", "g729-first"]
)
@pytest.mark.requirement("media.pbx-answer-codec")
def test_the_answer_keeps_to_the_offer(
    trunk: TrunkSide, inside: InsideLine, pbx: PbxFile, codecs: list[str]
) -> None:
    """The answer to the trunk's offer holds codecs of that offer alone."""
    trunk.direct(inbound={"codecs": codecs})
    taken(trunk, inside, pbx)
    call = trunk.leg().inbound[0]
    assert call.answer is not None
    expect_rule(_own_name(answer_is_subset(call.invite.message, call.answer.message)))


@pytest.mark.supports("outbound")
@pytest.mark.requirement("media.pbx-payload-type")
def test_rtp_has_the_agreed_payload_type(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """RTP of the PBX carries payload types that offer and answer hold."""
    call = answered(trunk, inside, pbx)
    call.play_tone(TONE)
    trunk.pause(LISTENED / 2)
    found = call_of(trunk)
    assert found.answer is not None
    agreed = audio_of(found.answer.message)
    sent = {packet.payload_type for packet in _from_pbx(trunk)}
    if agreed is None or not sent:
        raise Inconclusive("the PBX sent no RTP")
    foreign = sorted(number for number in sent if str(number) not in agreed.formats)
    seen = f"RTP has payload type {', '.join(map(str, foreign))}, agreed were {', '.join(agreed.formats)}"
    expect(not foreign, "media.pbx-payload-type", seen, found.answer.message, "m=")


@pytest.mark.supports("outbound")
@pytest.mark.requirement("media.pbx-source-address")
def test_rtp_comes_from_where_sdp_says(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """RTP leaves from the address and port that the PBX announced."""
    call = answered(trunk, inside, pbx)
    call.play_tone(TONE)
    trunk.pause(LISTENED / 2)
    call.hang_up()
    trunk.wait(lambda leg: is_ended(leg.outbound[-1]), SOON)
    trunk.judge("media.pbx-source-address", media=True)
    ports = {
        each.packet.source.port
        for each in trunk.media()
        if _is_to_trunk(trunk, call_of(trunk), each.packet.destination[1:])
    }
    told = _announced_ports(call_of(trunk))
    seen = f"RTP came from port {_listed(ports)}, SDP announces {_listed(told)}"
    is_same = not told or not ports or bool(told & ports)
    expect(is_same, "media.pbx-source-address", seen, _offer(trunk), "m=")


@pytest.mark.supports("outbound")
@pytest.mark.requirement("media.pbx-own-audio")
def test_two_calls_hear_their_own_far_end(
    trunk: TrunkSide, inside_lines: list[InsideLine], pbx: PbxFile
) -> None:
    """Of two calls at once each hears itself."""
    if pbx.supports.calls_at_once(pbx.trunk.channels) < 2 or len(inside_lines) < 2:
        raise NotApplicable("pbx.toml says several_calls = 1, or has only one [[phone]]")
    first = answered(trunk, inside_lines[0], pbx)
    second = inside_lines[1].dial(pbx.dial.e164("+17606604690"))
    if not trunk.wait(lambda leg: len(leg.outbound) > 1 and leg.outbound[-1].answer, SOON):
        raise Inconclusive("the second call was not answered")
    first.play_tone(TONE)
    second.play_tone(OTHER_TONE)
    try:
        _hear_themselves(trunk, ((first, TONE, OTHER_TONE), (second, OTHER_TONE, TONE)))
    except Inconclusive:  # nobody hears what the phones hear: each call has a stream of its own at least
        trunk.pause(LISTENED)
        streams = [{packet.ssrc for packet in _rtp_of(trunk, each)} for each in trunk.leg().outbound[-2:]]
        if not all(streams):
            raise Inconclusive("a call has no audio") from None
        seen = "one and the same RTP stream reaches the trunk in both calls"
        expect(not set.intersection(*streams), "media.pbx-own-audio", seen, _offer(trunk), "m=")


@pytest.mark.supports("outbound", "dtmf_rfc4733")
@pytest.mark.requirement("media.pbx-dtmf")
def test_digits_are_sent_as_events(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """Digits that the phone sends reach the trunk as telephone-events."""
    call = answered(trunk, inside, pbx)
    trunk.pause(0.3)
    call.send_dtmf(DIGITS)
    placed = trunk.last_outbound()
    came = trunk.wait_call(placed, lambda shown: shown["media"] and DIGITS in shown["media"]["digits"], SOON)
    got = (trunk.control.call(placed)["media"] or {}).get("digits", "")
    audio = audio_of(_offer(trunk))
    offered = audio is not None and any(
        name.startswith("TELEPHONE-EVENT") for name in encodings(audio).values()
    )
    seen = f"the trunk got the digits {got!r} instead of {DIGITS!r}"
    seen += "" if offered else "; telephone-event was not offered"
    expect(came, "media.pbx-dtmf", seen, _offer(trunk), "m=")


@pytest.mark.supports("outbound", "hold")
@pytest.mark.requirement("media.pbx-hold")
def test_a_held_party_is_told_or_hears_music(trunk: TrunkSide, inside: InsideLine, pbx: PbxFile) -> None:
    """A hold is told by re-INVITE with sendonly or inactive, or the far end hears music."""
    call = answered(trunk, inside, pbx)
    trunk.pause(0.3)
    held = trunk.now()
    call.hold()
    trunk.wait(lambda leg: any(_says_hold(each) for each in _changes(leg, held)), SOON / 2)
    changes = _changes(trunk.leg(), held)
    if any(_says_hold(each) for each in changes):
        return
    start = trunk.now()
    trunk.pause(0.6)
    loudness = _loudness(_from_pbx(trunk, since=start))
    audio = audio_of(changes[-1]) if changes else None
    told = f"the re-INVITE of the hold says {audio.direction if audio is not None else 'nothing'}"
    seen = f"{told if changes else 'no re-INVITE followed the hold'}, and the far end hears nothing"
    message, line = (changes[-1], "a=") if changes else (_offer(trunk), "m=")
    expect(loudness > QUIET, "media.pbx-hold", seen, message, line)


@pytest.mark.supports("outbound", "hold")
@pytest.mark.requirement("media.pbx-two-way")
def test_a_call_taken_back_from_hold_is_heard_again(
    trunk: TrunkSide, inside: InsideLine, pbx: PbxFile
) -> None:
    """After hold and resume the caller hears himself again."""
    call = answered(trunk, inside, pbx)
    trunk.pause(0.3)
    call.hold()
    trunk.wait(lambda leg: _is_settled(leg.outbound[-1]), SOON)
    trunk.pause(0.3)
    call.resume()
    trunk.pause(0.3)
    call.play_tone(OTHER_TONE)
    try:
        with expecting("media.pbx-two-way", _offer(trunk)):
            call.sip.wait_tone(OTHER_TONE, timeout=SOON)
    except Inconclusive:  # nobody hears what the phone hears: it sends again
        start = trunk.now()
        came = trunk.wait(lambda leg: _from_pbx(trunk, since=start), SOON)
        expect(came, "media.pbx-two-way", "no RTP follows when the call is taken back", _offer(trunk), "m=")


def _offer(trunk: TrunkSide) -> Message:
    return call_of(trunk).attempts[-1].request


def _answer(trunk: TrunkSide) -> Message | None:
    call = trunk.leg().inbound[0]
    return call.answer.message if call.answer is not None else None


def _hear_themselves(trunk: TrunkSide, calls: Iterable[tuple[InsideCall, float, float]]) -> None:
    """Each caller hears the first tone, his own; the second one is the other caller's."""
    for call, tone, other in calls:
        try:
            call.sip.wait_tone(tone, timeout=SOON)
        except WaitTimeout:
            crossed = call.sip.heard_tone(other)
            seen = f"a caller hears {'the other call' if crossed else 'nothing of his own call'}"
            raise RequirementBroken(Breach("media.pbx-own-audio", seen, _offer(trunk), "m=")) from None


def _quality_heard(trunk: TrunkSide, call: InsideCall) -> ReceivedQuality:
    """Of the echo, as the phone gets it; where nobody can look into it, of what reaches the trunk."""
    try:
        call.sip.wait_media(10, timeout=SOON)
        trunk.pause(LISTENED)
        return call.sip.quality
    except WaitTimeout as timeout:
        raise Inconclusive(f"no audio came back: {timeout}") from None
    except Inconclusive:
        trunk.pause(LISTENED)
    statistics = ReceiveStatistics()
    for time, packet in _timed_rtp(trunk, call_of(trunk)):
        statistics.receive_packet(packet, time, timed=False)  # when it came says more of this machine
    if not statistics.received:
        raise Inconclusive("the PBX sent no RTP")
    return statistics.quality()


def _shares_this_machine(pbx: PbxFile) -> bool:
    host = pbx.pbx.hop.host
    return host.startswith("127.") or local_host_towards(pbx.pbx.hop) == host


def _is_to_trunk(trunk: TrunkSide, call: Call, address: tuple[str, int]) -> bool:
    hosts = {end.host for end in trunk.setup.trunk}
    answer = audio_of(call.answer.message) if call.answer is not None else None
    return address[0] in hosts and answer is not None and address[1] == answer.port


def _from_pbx(trunk: TrunkSide, since: float = 0.0) -> list[RtpPacket]:
    """The RTP packets that reached the trunk in the newest call."""
    return _rtp_of(trunk, call_of(trunk), since)


def _rtp_of(trunk: TrunkSide, call: Call, since: float = 0.0) -> list[RtpPacket]:
    """The RTP packets that reached the trunk in a call."""
    return [packet for _, packet in _timed_rtp(trunk, call, since)]


def _timed_rtp(trunk: TrunkSide, call: Call, since: float = 0.0) -> list[tuple[float, RtpPacket]]:
    found = []
    for each in trunk.media():
        if each.time >= since and _is_to_trunk(trunk, call, each.packet.destination[1:]):
            try:
                found.append((each.time, RtpPacket.parse(each.packet.data)))
            except RtpError:
                continue
    return found


def _loudness(packets: list[RtpPacket]) -> float:
    """Root mean square of what was sent in G.711; as loud as can be in any other codec, which is not read."""
    pcm = array("h")
    for packet in packets:
        if packet.payload_type not in (0, 8):
            return math.inf
        decode = decode_ulaw if packet.payload_type == 0 else decode_alaw
        pcm.frombytes(decode(packet.payload))
    return math.sqrt(sum(each * each for each in pcm) / len(pcm)) if pcm else 0.0


def _own_name(breach: Breach | None) -> Breach | None:
    if breach is None:
        return None
    return Breach("media.pbx-answer-codec", breach.seen, breach.message, breach.line)


def _changes(leg: TrunkLeg, since: float) -> list[Message]:
    """The PBX's re-INVITEs; one that came before is no hold (Asterisk lets phones talk to the trunk)."""
    sent = [each for each in leg.outbound[-1].reinvites if each.first.from_pbx]
    return [each.request for each in sent if each.time >= since]


def _says_hold(change: Message) -> bool:
    """Whether a re-INVITE puts the far end on hold; the address 0.0.0.0 does so in RFC 2543."""
    audio = audio_of(change)
    is_told = audio is not None and audio.direction in ("sendonly", "inactive")
    return is_told or b"0.0.0.0" in change.body


def _announced_ports(call: Call) -> set[int]:
    """The ports for audio in the PBX's session descriptions, those of re-INVITEs included."""
    sent = [each.traced.packet.data for each in call.messages if each.from_pbx]
    return {port for data in sent for _, port in media_addresses(data)}


def _listed(numbers: set[int]) -> str:
    return ", ".join(map(str, sorted(numbers)))


def _is_settled(call: Call) -> bool:
    return any(each.final is not None for each in call.reinvites)
