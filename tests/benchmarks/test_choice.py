"""The words of `python -m benchmarks` choose benchmarks and their values, or are refused."""

from typing import Any

import pytest

from benchmarks.choice import Chosen, Measure, WrongWord, choose, values_of


def trunk(*, calls: int = 2000, rate: float = 0.5, peak: bool = True) -> dict[str, Any]:
    return {"calls": calls, "rate": rate, "peak": peak}


def echo(*, runs: int = 5) -> dict[str, Any]:
    return {"runs": runs}


KNOWN: dict[str, Measure] = {"trunk": trunk, "echo": echo}


def test_without_a_word_all_of_them_run_as_they_are() -> None:
    assert choose([], KNOWN) == [Chosen("trunk", {}), Chosen("echo", {})]


def test_values_belong_to_the_benchmark_before_them() -> None:
    words = ["echo", "runs=1", "trunk", "calls=8", "rate=2", "peak=no"]
    assert choose(words, KNOWN) == [
        Chosen("echo", {"runs": 1}),
        Chosen("trunk", {"calls": 8, "rate": 2.0, "peak": False}),
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ecco"], "no benchmark is called 'ecco'; there are trunk, echo"),
        (["runs=1"], "seen 'runs=1' first; write the name of a benchmark before its values"),
        (["echo", "calls=1"], "echo has no value 'calls'; it has runs=5"),
        (["echo", "runs=many"], "echo: seen runs=many; write another value like runs=5"),
        (["trunk", "peak=0"], "trunk: seen peak=0; write another value like peak=yes"),
    ],
)
def test_other_words_are_refused(words: list[str], said: str) -> None:
    with pytest.raises(WrongWord) as caught:
        choose(words, KNOWN)
    assert str(caught.value) == said


def test_values_are_shown_as_they_are_written() -> None:
    assert values_of(trunk) == "calls=2000 rate=0.5 peak=yes"
