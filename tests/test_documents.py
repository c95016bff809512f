"""The documents say what is true: links lead somewhere, and tables match the data they describe."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    for link in LINK.findall(document.read_text(encoding="utf-8")):
        assert (document.parent / link).exists(), f"{document.name} links to {link}, which is not there"


def test_every_far_end_of_the_dialect_is_documented() -> None:
    dialect = tomllib.loads(
        (ROOT / "reference_server/dialects/skype_connect.toml").read_text(encoding="utf-8")
    )
    text = (ROOT / "docs/far-ends.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\| (\+[0-9N]+) \|", text, flags=re.MULTILINE)
    assert sorted(documented) == sorted(row["number"] for row in dialect["far_end"] if row["number"] != "*")


def test_the_map_names_folders_that_exist() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for folder, _rest, doors in re.findall(r"^\| `([^`]+)` \|(.*)\| (.*) \|$", text, flags=re.MULTILINE):
        assert (ROOT / folder).is_dir(), f"ARCHITECTURE.md names {folder}, which is not there"
        for door in re.findall(r"`([a-z_]+\.py)`", doors):
            assert (ROOT / folder / door).is_file(), f"ARCHITECTURE.md names {folder}/{door}"
