"""Marks in tokens."""

import pytest

from reference_server.workers.marks import TOKEN_BITS, MarkedRandom, mark_of


@pytest.mark.parametrize("worker", [0, 1, 9, 15])
@pytest.mark.parametrize("bits", TOKEN_BITS)
def test_a_token_begins_with_the_digit_of_its_worker(worker: int, bits: int) -> None:
    rng = MarkedRandom(worker)
    tokens = {f"{rng.getrandbits(bits):0{bits // 4}x}" for _ in range(200)}
    assert {mark_of(token) for token in tokens} == {worker}
    assert len(tokens) == 200


def test_other_numbers_are_all_random() -> None:
    rng = MarkedRandom(0)
    assert len({rng.getrandbits(32) >> 28 for _ in range(500)}) == 16


def test_what_is_no_token_has_no_mark() -> None:
    assert mark_of("") is None
    assert mark_of("none") is None
