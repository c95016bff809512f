"""Tones: made without a click, recognised among hundreds."""

import pytest

from harness.media import g711
from harness.media.tone import ToneDetector, ToneSource, power_share, rms, sine, tone_frames, tone_of_call


def hear(frequencies: tuple[int, ...], law: str = "PCMA", frames: int = 10) -> ToneDetector:
    detector, source = ToneDetector(law), ToneSource(frequencies, law)
    for _ in range(frames):
        detector.receive(source.next_frame())
    return detector


@pytest.mark.parametrize("law", ["PCMA", "PCMU"])
def test_a_tone_is_heard_under_both_laws(law: str) -> None:
    detector = hear((1004,), law)
    assert detector.hears(1004)
    assert not detector.hears(1014)
    assert not detector.hears(994)


@pytest.mark.parametrize("index", [0, 1, 42, 150, 299, 309])
def test_a_call_is_recognised_among_three_hundred(index: int) -> None:
    detector = hear((tone_of_call(index),))
    assert detector.heard_among(tone_of_call(each) for each in range(310)) == [tone_of_call(index)]


def test_there_are_tones_for_310_calls() -> None:
    assert len({tone_of_call(index) for index in range(310)}) == 310
    with pytest.raises(ValueError, match="310"):
        tone_of_call(310)


def test_two_tones_at_once_are_heard() -> None:
    assert set(hear((770, 1336)).heard_among((697, 770, 852, 1209, 1336, 1477))) == {770, 1336}


def test_silence_holds_no_tone() -> None:
    detector = ToneDetector()
    for _ in range(10):
        detector.receive(g711.silence("PCMA", 160))
    assert detector.is_silent
    assert detector.heard_among((1004,)) == []


def test_too_little_sound_decides_nothing() -> None:
    detector = hear((1004,), frames=9)
    assert not detector.is_full
    assert not detector.hears(1004)


def test_only_the_newest_sound_counts() -> None:
    detector, later = hear((1004,), frames=100), ToneSource((440,))
    for _ in range(10):
        detector.receive(later.next_frame())
    assert detector.hears(440)
    assert not detector.hears(1004)


def test_another_law_or_a_hold_begins_anew() -> None:
    detector = hear((1004,))
    detector.receive(g711.silence("PCMU", 160), "PCMU")
    assert not detector.is_full
    detector.clear()
    assert detector.level == 0.0


def test_frames_go_round_without_a_click() -> None:
    frames = tone_frames((1004,))
    assert all(len(frame) == 160 for frame in frames)
    once = g711.encode_alaw(sine((1004,), 160 * (len(frames) + 1)))
    assert once == b"".join(frames) + frames[0]


def test_a_tone_is_made_once() -> None:
    assert tone_frames((1004,)) is tone_frames((1004,))


def test_one_lost_packet_does_not_hide_a_tone() -> None:
    detector, source = ToneDetector(), ToneSource((1004,))
    for number in range(11):
        frame = source.next_frame()
        if number != 5:
            detector.receive(frame)
    assert detector.hears(1004)


def test_shares_and_levels_are_those_of_a_sine() -> None:
    detector = hear((1004,))
    assert power_share(detector.samples(), 1004) == pytest.approx(1.0, abs=0.01)
    assert detector.level == pytest.approx(8000 / 2**0.5, rel=0.01)
    assert (rms([]), power_share([0, 0], 1000)) == (0.0, 0.0)
