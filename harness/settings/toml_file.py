"""Reads a TOML file into a pydantic model; whatever is wrong is said with file, line and key.

What the keys mean is the model's business (`target` is one). START HERE: `load_toml`.
"""

import difflib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from harness.settings.errors import MistakeAt, SettingsError

_Model = TypeVar("_Model", bound=BaseModel)

_TABLE = re.compile(r"^\s*(\[\[?)\s*([^\[\]#]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"^\s*([A-Za-z0-9_\-.\"']+)\s*=")
_SYNTAX_PLACE = re.compile(r"^(.*?) \(at (?:line (\d+), column \d+|end of document)\)$")

Location = tuple[str | int, ...]
"""A path into the file: table names, positions in lists of tables, a key."""


def load_toml(path: Path, model: type[_Model]) -> _Model:
    """The file as a checked model.

    Raises SettingsError when the file can't be read, is not TOML, or a key is missing, unknown or wrong.
    """
    text = _read(path)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(path, error, text) from None
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise _first_error(path, text, error, model) from None


def key_lines(text: str) -> dict[Location, int]:
    """Where each table and key stands: location -> line, counted from 1.

    Reads the plain layout that people write (one key a line); a key inside an inline table has no
    line of its own and is found at its table's.
    """
    lines: dict[Location, int] = {}
    counts: dict[str, int] = {}
    table: Location = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _TABLE.match(line):
            table = _table_location(header.group(1) == "[[", header.group(2), counts)
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault((*table, *_split(key.group(1))), number)
    return lines


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SettingsError(path, None, "", "there is no such file", "give the path of a TOML file") from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise SettingsError(
            path, None, "", f"can't be read ({reason})", "give a readable TOML file"
        ) from None
    except UnicodeDecodeError:
        raise SettingsError(path, None, "", "is not text in UTF-8", "save it as UTF-8") from None


def _syntax_error(path: Path, error: tomllib.TOMLDecodeError, text: str) -> SettingsError:
    place = _SYNTAX_PLACE.match(str(error))
    if place is None:
        return SettingsError(path, None, "", f"is not TOML: {error}", "correct it")
    line = int(place.group(2)) if place.group(2) else max(1, len(text.splitlines()))
    lines = text.splitlines()
    shown = lines[line - 1].strip() if line <= len(lines) else ""
    seen = f"{shown!r} is not TOML ({place.group(1)})"
    return SettingsError(path, line, "", seen, "write key = value, text in double quotes, tables as [name]")


def _table_location(is_list: bool, name: str, counts: dict[str, int]) -> Location:
    location: list[str | int] = []
    parts = _split(name)
    for depth in range(len(parts)):
        location.append(parts[depth])
        dotted = ".".join(parts[: depth + 1])
        if depth == len(parts) - 1 and is_list:
            counts[dotted] = counts.get(dotted, -1) + 1
        if dotted in counts:
            location.append(counts[dotted])
    return tuple(location)


def _split(dotted: str) -> list[str]:
    if '"' in dotted or "'" in dotted:
        return [dotted.strip("\"' ")]
    return [part.strip() for part in dotted.split(".")]


def _first_error(path: Path, text: str, error: ValidationError, model: type[BaseModel]) -> SettingsError:
    details = error.errors(include_url=False)[0]
    location: Location = details["loc"]
    mistake = details.get("ctx", {}).get("error")
    if isinstance(mistake, MistakeAt):
        location += mistake.location
    lines = key_lines(text)
    line = next((lines[location[:n]] for n in range(len(location), 0, -1) if location[:n] in lines), None)
    if isinstance(mistake, MistakeAt):
        seen, expected = mistake.seen, mistake.expected
    else:
        seen, expected = _sentence(details, model)
    return SettingsError(path, line or 1, _dotted(location), seen, expected)


def _dotted(location: Location) -> str:
    dotted = ""
    for part in location:
        dotted += f"[{part}]" if isinstance(part, int) else f".{part}" if dotted else part
    return dotted


def _sentence(details: ErrorDetails, model: type[BaseModel]) -> tuple[str, str]:
    """What was seen and what to write, for one error of pydantic's."""
    location = details["loc"]
    owner = _model_at(model, location[:-1])
    prefixes = (location[:length] for length in range(len(location), 0, -1))
    advice = next(filter(None, (_advice(_model_at(model, each[:-1]), each[-1]) for each in prefixes)), "")
    match details["type"]:
        case "missing":
            return "the key is missing", f"write {advice}" if advice else "add it"
        case "extra_forbidden":
            return "unknown key", _did_you_mean(str(location[-1]), owner)
        case "literal_error":
            return _shown(details["input"]), f"write {_quoted(details['ctx']['expected'])}"
        case "list_type" | "tuple_type" if isinstance(details["input"], Mapping):
            return f"one table [{location[-1]}]", f"write [[{location[-1]}]], in two brackets"
        case "value_error" | "assertion_error":
            return _shown(details["input"]), str(details["msg"]).split(", ", 1)[-1]
        case _:
            message = f"{details['msg'][:1].lower()}{details['msg'][1:]}"
            return _shown(details["input"]), f"write {advice}" if advice else message


def _quoted(expected: str) -> str:
    """The words of pydantic in TOML's quotes."""
    return expected.replace("'", '"')


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return "this table"
    text = repr(value)
    return f"seen {text}" if len(text) <= 60 else f"seen {text[:57]}..."


def _model_at(model: type[BaseModel], location: Location) -> type[BaseModel] | None:
    """The model whose key the location's next part is."""
    current: type[BaseModel] | None = model
    for part in location:
        if isinstance(part, int):
            continue
        field = _field(current, part) if current is not None else None
        current = _model_in(field.annotation) if field is not None else None
    return current


def _field(model: type[BaseModel], key: str) -> Any:  # pydantic's FieldInfo, or None
    for name, field in model.model_fields.items():
        if key in (name, field.alias):
            return field
    return None


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        if (found := _model_in(argument)) is not None:
            return found
    return None


def _advice(model: type[BaseModel] | None, key: str | int) -> str:
    field = _field(model, str(key)) if model is not None else None
    return (field.description or "") if field is not None else ""


def _did_you_mean(key: str, model: type[BaseModel] | None) -> str:
    known = [field.alias or name for name, field in model.model_fields.items()] if model is not None else []
    close = difflib.get_close_matches(key, known, n=1)
    return f"write {close[0]}" if close else f"known here: {', '.join(known)}"
