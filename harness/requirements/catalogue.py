"""START HERE for requirements: reads every TOML file of the catalogue into one list.

A file holds one topic as `[[requirement]]` tables with the keys of `requirement.Requirement`, each id
beginning with the file's name. Which scenarios judge an entry is not written here: scenarios name the
entries they judge.
"""

import hashlib
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from harness.requirements.requirement import Requirement

FOLDER = Path(__file__).parent / "catalogue"
"""The catalogue that comes with the harness."""


class CatalogueError(Exception):
    """A catalogue that cannot be used; has the list of what is wrong, each naming file, line and key."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(problems)
        self.problems = list(problems)

    def __str__(self) -> str:
        return "\n".join(self.problems)


class UnknownRequirement(CatalogueError):
    """An id that no catalogue file has; says which ids are near it."""

    def __init__(self, requirement_id: str, near: Sequence[str]) -> None:
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        super().__init__([f"unknown requirement {requirement_id!r}{hint}"])
        self.requirement_id = requirement_id


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All requirements, by topic in the order of file names, within a topic as written."""

    requirements: tuple[Requirement, ...]
    """Every entry."""
    version: str
    """The first 12 hexadecimal digits of a hash over the files' names and contents."""

    def __iter__(self) -> Iterator[Requirement]:
        return iter(self.requirements)

    def __len__(self) -> int:
        return len(self.requirements)

    def __contains__(self, requirement_id: object) -> bool:
        return any(requirement.id == requirement_id for requirement in self.requirements)

    def get(self, requirement_id: str) -> Requirement:
        """The entry with this id. Raises UnknownRequirement."""
        for requirement in self.requirements:
            if requirement.id == requirement_id:
                return requirement
        raise UnknownRequirement(requirement_id, self._near(requirement_id))

    def binding(self, side: str) -> tuple[Requirement, ...]:
        """The entries that bind ``trunk`` or ``pbx``; those that bind both included."""
        return tuple(entry for entry in self.requirements if entry.binds in (side, "both"))

    @property
    def topics(self) -> tuple[str, ...]:
        """Every topic once, in order."""
        return tuple(dict.fromkeys(requirement.topic for requirement in self.requirements))

    def _near(self, requirement_id: str) -> list[str]:
        from difflib import get_close_matches  # only when somebody mistyped

        return get_close_matches(requirement_id, [entry.id for entry in self.requirements], n=2)


@lru_cache(maxsize=8)
def load_catalogue(folder: Path = FOLDER) -> Catalogue:
    """Read every ``*.toml`` of `folder`. Raises CatalogueError listing everything that is wrong."""
    contents = {path.name: path.read_bytes() for path in sorted(folder.glob("*.toml"))}
    if not contents:
        raise CatalogueError([f"{folder}: no *.toml file; the catalogue has one file a topic"])
    requirements: list[Requirement] = []
    problems: list[str] = []
    first_seen: dict[str, str] = {}
    for name, content in contents.items():
        for place, entry in _read_file(name, content, problems):
            if entry.id in first_seen:
                problems.append(f"{place}: {entry.id} is there already: {first_seen[entry.id]}")
            first_seen.setdefault(entry.id, place)
            requirements.append(entry)
    if problems:
        raise CatalogueError(problems)
    return Catalogue(tuple(requirements), _version(contents))


def _version(contents: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, content in contents.items():
        digest.update(name.encode() + b"\0" + content + b"\0")
    return digest.hexdigest()[:12]


def _read_file(name: str, content: bytes, problems: list[str]) -> list[tuple[str, Requirement]]:
    """Each entry with its place, ``FILE:LINE``; what is wrong goes to `problems`."""
    try:
        text = content.decode("utf-8")
        document = tomllib.loads(text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        problems.append(f"{name}: not TOML: {error}")
        return []
    unknown = sorted(document.keys() - {"requirement"})
    problems.extend(f"{name}: {key}: unknown key; write [[requirement]] tables only" for key in unknown)
    entries = document.get("requirement", [])
    if not isinstance(entries, list) or not entries:
        problems.append(f"{name}: no entry; write [[requirement]] tables")
        return []
    lines = [
        number
        for number, line in enumerate(text.splitlines(), 1)
        if line.replace(" ", "") == "[[requirement]]"
    ]
    lines += [1] * (len(entries) - len(lines))
    found = []
    for line, entry in zip(lines, entries, strict=False):
        place = f"{name}:{line}"
        requirement = _read_entry(place, entry, problems)
        if requirement is not None:
            found.append((place, requirement))
    return found


def _read_entry(place: str, entry: object, problems: list[str]) -> Requirement | None:
    try:
        requirement = Requirement.model_validate(entry)
    except ValidationError as error:
        problems.extend(_problem(place, dict(detail)) for detail in error.errors())
        return None
    if requirement.topic != place.partition(".toml")[0]:
        problems.append(f"{place}: id {requirement.id}: its topic is not the name of the file")
    return requirement


def _problem(place: str, detail: dict[str, Any]) -> str:
    key = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "missing":
        return f"{place}: {key}: missing"
    if detail["type"] == "extra_forbidden":
        return f"{place}: {key}: unknown key; known are {', '.join(Requirement.model_fields)}"
    return f"{place}: {key}: {detail['msg']}; seen {detail['input']!r}"
