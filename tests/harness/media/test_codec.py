"""The table of codecs."""

import pytest

from harness.media.codec import G729, PCMA, STATIC_CODECS, codec_named


def test_a_packet_of_20_ms_has_its_size() -> None:
    """RFC 3551 table 1"""
    assert (PCMA.samples(20), PCMA.payload_size(20)) == (160, 160)
    assert (G729.samples(20), G729.payload_size(20)) == (160, 20)


def test_names_are_case_blind() -> None:
    assert codec_named("pcma") is PCMA


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(KeyError, match="PCMU, PCMA, G729, telephone-event"):
        codec_named("speex")


def test_static_numbers_are_those_of_the_rfc() -> None:
    """RFC 3551 table 4"""
    assert {number: codec.name for number, codec in STATIC_CODECS.items()} == {
        0: "PCMU",
        8: "PCMA",
        18: "G729",
    }
