"""docs/guide.md: every sentence of the Quick Start Guide, where it is built, and what proves it.

The guide is read from tests/data; places and proofs must be there. What no program can do (a broadband line,
a support site) says so in the column of the place and has no proof.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
GUIDE = ROOT / "tests" / "data" / "quick-start-guide.txt"
TABLE = ROOT / "docs" / "guide.md"
KINDS = ("built", "heading", "outside")
LONG = 120
"""Characters of a sentence that must be quoted; the list of prefixes is longer than a page."""


def sentences() -> Iterator[str]:
    """The guide, sentence by sentence, without marks of its layout."""
    for line in GUIDE.read_text(encoding="utf-8").splitlines():
        plain = re.sub(r"^\s*(?:-\s+)?(?:[iq]\*\*\s*)?(?:\d\.\s+)?", "", line).replace("**", "").strip()
        for sentence in re.split(r"(?<=[.!?])\s+(?=[A-Z])", plain):
            if sentence:
                yield sentence


def rows() -> Iterator[tuple[str, str, str, str]]:
    """Sentence, kind, place and proof of each row of the table."""
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| ") and len(cells) == 4 and cells[1] in KINDS:
            yield cells[0].strip(), cells[1], cells[2], cells[3].strip()


def names_in(cell: str) -> list[str]:
    """What stands between backquotes."""
    return re.findall(r"`([^`]+)`", cell)


@cache
def functions_of(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def test_every_sentence_of_the_guide_has_its_row() -> None:
    quoted = [row[0] for row in rows()]
    missing = [
        sentence
        for sentence in sentences()
        if not any(row == sentence or row == f"{sentence[:LONG].rstrip()} ..." for row in quoted)
    ]
    assert missing == []


def test_no_row_quotes_what_the_guide_does_not_say() -> None:
    said = set(sentences())
    said |= {f"{sentence[:LONG].rstrip()} ..." for sentence in said if len(sentence) > LONG}
    assert [row[0] for row in rows() if row[0] not in said] == []


@pytest.mark.parametrize("row", list(rows()), ids=lambda row: row[0][:50])
def test_place_and_proof_of_a_row_are_there(row: tuple[str, str, str, str]) -> None:
    _, kind, place, proof = row
    if kind != "built":
        assert not names_in(proof)
        return
    assert names_in(place), "says no place"
    assert names_in(proof), "names no proof"
    for name in names_in(place):
        assert (ROOT / name).exists(), f"{name} is not there"
    for name in names_in(proof):
        path, _, function = name.partition("::")
        assert (ROOT / path).is_file(), f"{path} is not there"
        assert function in functions_of(ROOT / path), f"{path} has no {function}"
