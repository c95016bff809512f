"""The catalogue and its loader."""

from pathlib import Path

import pytest

from harness.requirements import CatalogueError, UnknownRequirement, load_catalogue

ENTRY = """
[[requirement]]
id = "call.{slug}"
level = "MUST"
binds = "{binds}"
title = "INVITE is answered"
words = "The UAS MUST answer."
source = "RFC 3261 section 13.3"
certainty = "rfc"
"""


def write(folder: Path, text: str, name: str = "call.toml") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def entry(slug: str, binds: str = "trunk") -> str:
    return ENTRY.format(slug=slug, binds=binds)


def problems(folder: Path) -> list[str]:
    with pytest.raises(CatalogueError) as caught:
        load_catalogue(folder)
    return caught.value.problems


def test_the_catalogue_that_comes_along_loads() -> None:
    catalogue = load_catalogue()
    assert len(catalogue) >= 100
    assert "registration.challenged" in catalogue
    assert catalogue.get("registration.challenged").topic == "registration"
    assert len(catalogue.version) == 12


def test_entries_are_chosen_by_whom_they_bind(tmp_path: Path) -> None:
    folder = write(tmp_path, entry("one") + entry("two", "pbx") + entry("three", "both"))
    assert [found.id for found in load_catalogue(folder).binding("trunk")] == ["call.one", "call.three"]
    assert [found.id for found in load_catalogue(folder).binding("pbx")] == ["call.two", "call.three"]


def test_the_version_follows_the_contents(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
    first = load_catalogue(write(tmp_path / "a", entry("one"))).version
    same = load_catalogue(write(tmp_path / "b", entry("one"))).version
    other = load_catalogue(write(tmp_path / "c", entry("two"))).version
    assert first == same != other


def test_an_entry_that_is_there_twice_is_told_with_both_places(tmp_path: Path) -> None:
    assert problems(write(tmp_path, entry("one") + entry("one"))) == [
        "call.toml:11: call.one is there already: call.toml:2"
    ]


def test_an_unknown_key_is_told_with_the_known_ones(tmp_path: Path) -> None:
    (problem,) = problems(write(tmp_path, entry("one") + 'colour = "red"\n'))
    assert problem.startswith("call.toml:2: colour: unknown key; known are id, level")


def test_a_missing_key_and_a_wrong_level_are_told(tmp_path: Path) -> None:
    text = entry("one").replace('title = "INVITE is answered"\n', "").replace('"MUST"', '"PERHAPS"')
    told = problems(write(tmp_path, text))
    assert "call.toml:2: title: missing" in told
    assert any("level" in problem and "'PERHAPS'" in problem for problem in told)


def test_an_id_of_another_topic_than_its_file_is_refused(tmp_path: Path) -> None:
    assert (
        "its topic is not the name of the file" in problems(write(tmp_path, entry("one"), "cancel.toml"))[0]
    )


def test_a_file_that_is_not_toml_is_named(tmp_path: Path) -> None:
    assert problems(write(tmp_path, "id = "))[0].startswith("call.toml: not TOML")


def test_a_stray_table_and_an_empty_file_are_refused(tmp_path: Path) -> None:
    assert "requirements: unknown key" in problems(write(tmp_path, "[requirements]\n"))[0]


def test_a_folder_without_files_is_refused(tmp_path: Path) -> None:
    assert "no *.toml file" in problems(tmp_path)[0]


def test_a_mistyped_id_is_answered_with_its_neighbour(tmp_path: Path) -> None:
    catalogue = load_catalogue(write(tmp_path, entry("trying")))
    with pytest.raises(UnknownRequirement, match=r"did you mean call\.trying"):
        catalogue.get("call.tyring")
