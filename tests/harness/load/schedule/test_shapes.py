"""Shapes of load: the words, the arithmetic, and what is said of words that are none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.load.schedule.shapes import (
    Piece,
    RateShape,
    ShapeError,
    Walk,
    parse_seconds,
    parse_shape,
    steady,
)

rates = st.floats(0, 10_000).map(lambda number: round(number, 3))
pieces = st.builds(Piece, st.floats(0.01, 1000), rates, rates)
shapes = st.lists(pieces, min_size=1, max_size=6).map(lambda each: RateShape(tuple(each)))


class TestWords:
    def test_a_ramp_and_a_hold(self) -> None:
        shape = parse_shape("ramp 0..200 in 60s, hold 30s")
        assert shape.pieces == (Piece(60, 0, 200), Piece(30, 200, 200))
        assert (shape.seconds, shape.peak, shape.calls) == (90, 200, 12_000)

    def test_steps_go_up_to_the_last_rate(self) -> None:
        assert [piece.start for piece in parse_shape("steps 10..40 by 10 every 20s").pieces] == [
            10,
            20,
            30,
            40,
        ]

    def test_steps_may_go_down(self) -> None:
        assert [piece.start for piece in parse_shape("steps 5..1 by 2 every 1s").pieces] == [5, 3, 1]

    def test_a_soak(self) -> None:
        assert parse_shape("soak 50 for 1h") == steady(50, 3600)

    def test_a_spike_falls_back(self) -> None:
        shape = parse_shape("spike 20..200 after 30s for 5s")
        assert shape.pieces == (Piece(30, 20, 20), Piece(5, 200, 200), Piece(30, 20, 20))

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ("rampe 0..200 in 60s", "'rampe 0..200 in 60s' is no shape: write 'ramp"),
            ("ramp 0-200 in 60s", "write it as 'ramp 0..200 in 60s'"),
            ("ramp 0..200 in 60", "write it as 'ramp 0..200 in 60s'"),
            ("hold 30s", "there is no rate yet to hold"),
            ("soak 5 for 0s", "a time is 0"),
            ("soak 0 for 5s", "no call is ever due"),
            ("soak 5 for 5s,,", "nothing between two commas"),
            ("", "nothing between two commas"),
            ("steps 1..9 by 0 every 1s", "a step of 0"),
            ("soak 1000000 for 1s", "too fast"),
            ("soak 1 for 999h", "too long"),
        ],
    )
    def test_other_words_are_refused_with_what_to_write(self, words: str, said: str) -> None:
        with pytest.raises(ShapeError) as caught:
            parse_shape(words)
        assert said in str(caught.value)

    @given(st.text())
    def test_no_text_brings_it_down(self, text: str) -> None:
        try:
            peak = parse_shape(text).peak
        except ShapeError:
            return
        assert peak > 0

    @pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("500ms", 0.5), ("10m", 600), ("1h", 3600)])
    def test_times(self, text: str, seconds: float) -> None:
        assert parse_seconds(text) == seconds

    def test_a_time_that_is_none(self) -> None:
        with pytest.raises(ShapeError, match="write a time as 90s"):
            parse_seconds("soon")


class TestArithmetic:
    @given(shapes, st.floats(0, 1))
    def test_when_is_the_inverse_of_due(self, shape: RateShape, part: float) -> None:
        count = shape.calls * part
        at = shape.when(count)
        if at is not None:
            assert 0 <= at <= shape.seconds + 1e-9
            assert shape.due(at) == pytest.approx(count, rel=1e-6, abs=1e-6)

    @given(shapes, st.lists(st.floats(0, 0.999), min_size=1, max_size=20).map(sorted))
    def test_a_walk_along_a_shape_finds_the_same_times(self, shape: RateShape, parts: list[float]) -> None:
        walk = Walk(shape)
        for part in parts:
            count = shape.calls * part
            at, expected = walk.when(count), shape.when(count)
            assert (at is None) == (expected is None)
            if at is not None:
                assert shape.due(at) == pytest.approx(count, rel=1e-6, abs=1e-6)
        assert walk.when(shape.calls * 1.001 + 1) is None

    @given(shapes)
    def test_nothing_is_due_behind_the_end(self, shape: RateShape) -> None:
        assert shape.when(shape.calls * 1.001 + 1) is None
        assert shape.due(shape.seconds * 2) == pytest.approx(shape.calls)
        assert shape.rate(shape.seconds + 1) == 0

    @given(shapes, st.floats(0, 5000), st.floats(0, 100))
    def test_due_never_falls(self, shape: RateShape, at: float, later: float) -> None:
        assert shape.due(at + later) >= shape.due(at) - 1e-9

    def test_the_rate_of_a_ramp(self) -> None:
        assert parse_shape("ramp 0..200 in 60s").rate(30) == 100
