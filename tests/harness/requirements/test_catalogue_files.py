"""The catalogue that comes with the harness: it loads, quotes the guide exactly, and scenarios cite it."""

import re
from pathlib import Path

import pytest

from harness.cli.traceability import known_scenarios
from harness.requirements import Requirement, load_catalogue

GUIDE = Path(__file__).parents[2] / "data" / "quick-start-guide.txt"
FROM_THE_GUIDE = [entry for entry in load_catalogue() if entry.source.startswith("guide")]


def plain(text: str) -> str:
    """Words with single spaces, without the guide's bold marks."""
    return " ".join(text.replace("*", "").split())


def test_every_id_that_a_scenario_cites_is_in_the_catalogue() -> None:
    catalogue = load_catalogue()
    cited = {each for scenario in known_scenarios() for each in scenario.requirements}
    assert sorted(each for each in cited if each not in catalogue) == []


@pytest.mark.parametrize("entry", FROM_THE_GUIDE, ids=lambda entry: entry.id)
def test_the_guide_is_quoted_word_for_word(entry: Requirement) -> None:
    guide = plain(GUIDE.read_text(encoding="utf-8"))
    for part in entry.words.split("[...]"):
        assert plain(part) in guide


@pytest.mark.parametrize("entry", FROM_THE_GUIDE, ids=lambda entry: entry.id)
def test_the_quote_begins_at_the_line_that_is_named(entry: Requirement) -> None:
    lines = GUIDE.read_text(encoding="utf-8").splitlines()
    first, last = (int(each) for each in (re.findall(r"\d+", entry.source) * 2)[:2])
    named = plain(" ".join(lines[min(first, last) - 1 : max(first, last)]))
    for part in entry.words.split("[...]"):
        assert plain(part) in named


def test_our_own_decisions_are_never_presented_as_history() -> None:
    for entry in load_catalogue():
        if entry.source.startswith("dialect"):
            assert entry.certainty == "D", entry.id


def test_every_entry_that_binds_a_trunk_says_what_to_change() -> None:
    assert [entry.id for entry in load_catalogue().binding("trunk") if not entry.advice] == []
