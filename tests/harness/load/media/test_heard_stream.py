import random

import pytest

from harness.load.media.heard_stream import HeardStream
from harness.load.media.tone_payloads import frames_of, owners
from harness.media.quality import JITTER_BUFFER_MS, ReceiveStatistics
from harness.media.rtp import RtpPacket

OWN, OTHER = 7, 31


@pytest.fixture(scope="module")
def tones() -> dict[bytes, int]:
    return owners()


def stream(tones: dict[bytes, int], wanted: int | None = OWN) -> HeardStream:
    return HeardStream(tones, wanted)


def packet(number: int, tone: int = OWN, *, ssrc: int = 1, sequence: int | None = None) -> bytes:
    frames = frames_of(tone, 8)
    place = (1000 + number if sequence is None else sequence) & 0xFFFF
    return bytes(RtpPacket(8, place, 160 * number, ssrc, frames[number % len(frames)], number == 0))


def test_all_payloads_of_all_tones_in_both_laws_differ(tones: dict[bytes, int]) -> None:
    every = [payload for law in (0, 8) for tone in range(310) for payload in set(frames_of(tone, law))]
    assert len(every) == len(set(every)) == len(tones)


def test_a_perfect_stream_has_a_good_score(tones: dict[bytes, int]) -> None:
    heard = stream(tones)
    for number in range(100):
        heard.receive(packet(number), 10.004 + number * 0.02)
    figures = heard.conclude(100)
    assert figures is not None
    assert (figures.sent, figures.received, figures.lost, figures.late) == (100, 100, 0, 0)
    assert (figures.foreign, figures.foreign_calls, figures.unknown) == (0, (), 0)
    assert figures.delay_ms == JITTER_BUFFER_MS
    assert figures.jitter_ms == pytest.approx(0, abs=0.01)
    assert figures.mos > 4.3


def test_the_delay_is_measured_by_probes(tones: dict[bytes, int]) -> None:
    heard = stream(tones)
    for number in range(30):
        probe = bytes([number]) * 160
        heard.expect_probe(probe, float(number))
        heard.receive(bytes(RtpPacket(8, number, 160 * number, 1, probe)), number + 0.06)
    figures = heard.conclude(30)
    assert figures is not None
    assert figures.delay_ms == pytest.approx(JITTER_BUFFER_MS + 30)
    assert figures.unknown == 0


def test_audio_of_another_call_is_foreign_and_named(tones: dict[bytes, int]) -> None:
    heard = stream(tones)
    for number in range(10):
        heard.receive(packet(number, OTHER if number in (4, 5) else OWN), number * 0.02)
    figures = heard.conclude(10)
    assert figures is not None
    assert (figures.foreign, figures.foreign_calls) == (2, ("tone 31",))


def test_an_expected_tone_is_not_foreign_and_anything_is_not_compared(tones: dict[bytes, int]) -> None:
    for wanted in (OTHER, None):
        heard = stream(tones, wanted)
        heard.receive(packet(0, OTHER), 0.0)
        figures = heard.conclude(0)
        assert figures is not None
        assert figures.foreign == 0


def test_silence_and_garbage_are_unknown(tones: dict[bytes, int]) -> None:
    heard = stream(tones)
    heard.receive(bytes(RtpPacket(8, 1, 0, 1, b"\xd5" * 160)), 0.0)
    heard.receive(b"short", 0.0)
    heard.receive(b"\x00" * 40, 0.0)
    figures = heard.conclude(1)
    assert figures is not None
    assert (figures.unknown, figures.received) == (3, 1)


@pytest.mark.parametrize("seed", range(30))
def test_the_figures_are_those_of_the_thorough_statistics(tones: dict[bytes, int], seed: int) -> None:
    chance = random.Random(seed)
    heard, thorough = stream(tones), ReceiveStatistics()
    arrivals = []
    for number in range(400):
        if chance.random() < 0.05:
            continue
        for _ in range(2 if chance.random() < 0.02 else 1):
            arrivals.append((number * 0.02 + chance.expovariate(50), number))
    for at, number in sorted(arrivals):
        sequence = (65400 + number) & 0xFFFF
        heard.receive(packet(number, sequence=sequence), 100 + at)
        thorough.receive(sequence, 160 * number, 100 + at, ssrc=1, marker=number == 0)
    figures, quality = heard.conclude(400), thorough.quality()
    assert figures is not None
    assert (figures.received, figures.lost, figures.late) == (quality.received, quality.lost, quality.late)
    assert heard.duplicates == quality.duplicates
    assert figures.jitter_ms == pytest.approx(quality.jitter_ms)


def test_a_call_without_any_audio_has_no_figures(tones: dict[bytes, int]) -> None:
    assert stream(tones).conclude(0) is None


def test_silence_instead_of_audio_is_the_worst_score(tones: dict[bytes, int]) -> None:
    figures = stream(tones).conclude(100)
    assert figures is not None
    assert figures.mos == 1.0
