"""Both laws, every sample and every code, against the tables of ITU-T G.711."""

import warnings
from array import array

import pytest

from harness.media import g711

ALL_SAMPLES = array("h", range(-32768, 32768)).tobytes()
ALL_CODES = bytes(range(256))

ALAW_SEGMENTS = [(0, 2), (32, 2), (64, 4), (128, 8), (256, 16), (512, 32), (1024, 64), (2048, 128)]
"""Lower decision value and step of each segment on the scale of 4096, ITU-T G.711 table 1a."""


def samples_of(pcm: bytes) -> list[int]:
    return list(array("h", pcm))


def alaw_by_definition(code: int) -> int:
    """ITU-T G.711 table 1a: even bits inverted; sign, segment, place in it; the middle of the step."""
    plain = code ^ 0x55
    start, step = ALAW_SEGMENTS[plain >> 4 & 7]
    value = start + (plain & 15) * step + step // 2
    return 8 * (value if plain & 0x80 else -value)


def ulaw_by_definition(code: int) -> int:
    """ITU-T G.711 table 2a: all bits inverted; y = (33 + 2 place) 2**segment - 33 on the scale of 8159."""
    plain = ~code & 0x7F
    value = (33 + 2 * (plain & 15)) * (1 << (plain >> 4)) - 33
    return 4 * (value if code & 0x80 else -value)


def test_every_alaw_code_has_the_value_of_the_table() -> None:
    assert samples_of(g711.decode_alaw(ALL_CODES)) == [alaw_by_definition(code) for code in range(256)]


def test_every_ulaw_code_has_the_value_of_the_table() -> None:
    assert samples_of(g711.decode_ulaw(ALL_CODES)) == [ulaw_by_definition(code) for code in range(256)]


def test_the_extremes_are_those_of_the_tables() -> None:
    """ITU-T G.711: 4032 of 4096 and 8031 of 8159"""
    assert samples_of(g711.decode_alaw(b"\xaa\x2a")) == [8 * 4032, -8 * 4032]
    assert samples_of(g711.decode_ulaw(b"\x80\x00")) == [4 * 8031, -4 * 8031]


def test_every_sample_lies_in_the_step_of_its_alaw_code() -> None:
    """ITU-T G.711 table 1a: decision values, the highest at 4096 of 4096"""
    for sample, code in zip(range(-32768, 32768), g711.encode_alaw(ALL_SAMPLES), strict=True):
        plain = code ^ 0x55
        start, step = ALAW_SEGMENTS[plain >> 4 & 7]
        low = start + (plain & 15) * step
        assert bool(plain & 0x80) == (sample >= 0)
        assert low <= abs(sample) / 8 <= low + step


def test_every_sample_lies_in_the_step_of_its_ulaw_code() -> None:
    """ITU-T G.711 table 2a: decision values, the highest at 8159 of 8159"""
    for sample, code in zip(range(-32768, 32768), g711.encode_ulaw(ALL_SAMPLES), strict=True):
        middle, half = abs(ulaw_by_definition(code)) / 4, 1 << (~code >> 4 & 7)
        assert bool(code & 0x80) == (sample >= 0)
        assert middle - half <= min(abs(sample) / 4, 8159) <= middle + half


@pytest.mark.parametrize("law", ["PCMA", "PCMU"])
def test_coding_is_monotonous(law: str) -> None:
    coded = samples_of(g711.decode(law, g711.encode(law, ALL_SAMPLES)))
    assert coded == sorted(coded)


def test_a_code_survives_decoding_and_encoding() -> None:
    assert g711.encode_alaw(g711.decode_alaw(ALL_CODES)) == ALL_CODES
    ulaw = g711.encode_ulaw(g711.decode_ulaw(ALL_CODES))
    assert ulaw == ALL_CODES.replace(b"\x7f", b"\xff")  # mu-law's second zero is the first one again


def test_the_standard_library_agrees() -> None:
    """audioop follows the same reference software; it left Python with 3.13."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        audioop = pytest.importorskip("audioop")
    assert audioop.alaw2lin(ALL_CODES, 2) == g711.decode_alaw(ALL_CODES)
    assert audioop.ulaw2lin(ALL_CODES, 2) == g711.decode_ulaw(ALL_CODES)
    assert audioop.lin2alaw(ALL_SAMPLES, 2) == g711.encode_alaw(ALL_SAMPLES)


def test_between_the_laws_the_sound_stays() -> None:
    assert g711.alaw_to_ulaw(ALL_CODES) == g711.encode_ulaw(g711.decode_alaw(ALL_CODES))
    assert g711.ulaw_to_alaw(ALL_CODES) == g711.encode_alaw(g711.decode_ulaw(ALL_CODES))


def test_silence_is_plus_zero() -> None:
    assert g711.silence("PCMA", 3) == g711.encode_alaw(bytes(6)) == b"\xd5\xd5\xd5"
    assert g711.silence("PCMU", 3) == g711.encode_ulaw(bytes(6)) == b"\xff\xff\xff"


def test_half_a_sample_is_refused() -> None:
    with pytest.raises(ValueError):
        g711.encode_alaw(b"\0")
