"""The media rules flip when RTP is taken away or moved, and hear nothing where there is nothing to hear."""

import pytest

from harness.capture.trace import Trace, TracedPacket
from harness.checks.pbx.ruling import Observed
from tests.harness.checks.pbx.recordings import recording, rewritten, verdict, without

TWO_WAY, SOURCE, CODEC = "media.pbx-two-way", "media.pbx-source-address", "media.pbx-codec"
CAPTURES = ["ast_ok", "yate_ok", "kam_ok", "bare_ok_hold", "ast_ok_tcp", "ast_ok_fragmented"]


def to_trunk(each: TracedPacket) -> bool:
    return each.kind == "rtp" and each.packet.destination.host == "127.0.1.1"


@pytest.mark.parametrize("name", [each for each in CAPTURES if each != "bare_ok_hold"])
def test_silence_of_the_pbx_is_heard(name: str) -> None:
    assert verdict(TWO_WAY, without(recording(name), to_trunk)) is Observed.FAIL


def test_silence_is_no_fault_where_a_call_is_held() -> None:
    assert verdict(TWO_WAY, recording("bare_ok_hold")) is Observed.PASS
    sends_nothing = rewritten(recording("bare_ok_hold"), b"INVITE", b"a=sendonly", b"a=inactive")
    assert verdict(TWO_WAY, without(sends_nothing, to_trunk)) is Observed.NOT_OBSERVED


@pytest.mark.parametrize("name", CAPTURES)
def test_a_capture_of_signalling_alone_shows_no_media(name: str) -> None:
    trace = without(recording(name), lambda each: each.kind == "rtp")
    assert verdict(TWO_WAY, trace) is Observed.NOT_OBSERVED
    assert verdict(SOURCE, trace) is Observed.NOT_OBSERVED


def test_silence_of_the_trunk_is_not_the_pbxs_fault() -> None:
    trace = without(recording("ast_ok"), lambda each: each.kind == "rtp" and not to_trunk(each))
    assert verdict(TWO_WAY, trace) is Observed.NOT_OBSERVED


@pytest.mark.parametrize("name", CAPTURES)
def test_media_from_an_address_that_was_not_announced_is_seen(name: str) -> None:
    moved = Trace(
        each._replace(packet=each.packet._replace(source=each.packet.source._replace(host="127.0.9.9")))
        if to_trunk(each)
        else each
        for each in recording(name)
    )
    assert verdict(SOURCE, moved) is Observed.FAIL
    assert verdict(TWO_WAY, moved) is Observed.PASS


def test_an_offer_without_a_codec_of_the_trunk_is_seen() -> None:
    assert verdict(CODEC, recording("ast_ok")) is Observed.PASS
    assert verdict(CODEC, recording("ast_f_codec")) is Observed.FAIL
    trace = rewritten(recording("ast_f_codec"), b"INVITE", b"RTP/AVP 9", b"RTP/AVP 8 9")
    assert verdict(CODEC, trace) is Observed.PASS
