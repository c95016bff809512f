"""The header fields of one message, line by line as they came.

Names are compared without case and compact forms count as the full name. Values are texts here; typed views
of them are `message`'s. Changing one field leaves every other line as it was, byte for byte.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from harness.sip.errors import LocalError
from harness.sip.grammar import FOLDED_LINES, is_token, spans, split_list, unfold
from harness.sip.header_names import CANONICAL, KEYS, LISTS, canonical_name

KNOWN_LINES = 2048
"""Lines that need no second check: Allow, Server and Supported are the same in every message."""


class Headers:
    """An ordered multi-map of header fields."""

    __slots__ = ("keys", "lines", "modified", "views")

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        """Raises LocalError for a name or value that breaks a line."""
        self.keys: list[str] = []
        """The key of each line, see `header_names`."""
        self.lines: list[str] = []
        """The lines as they go on the wire, folds included, without the final CRLF."""
        self.modified = False
        """Whether anything changed since the message was parsed."""
        self.views: dict[str, Any] = {}
        """Typed values read so far; every change empties it."""
        for name, value in fields:
            line = field_line(name, value)
            self.keys.append(KEYS[name])
            self.lines.append(line)

    @classmethod
    def from_lines(cls, lines: list[str]) -> "Headers":
        """Take lines as they came; keeps the list. Never raises."""
        headers = cls.__new__(cls)
        headers.lines = lines
        headers.keys = [KEYS[line.partition(":")[0]] for line in lines]
        headers.modified = False
        headers.views = {}
        return headers

    def get(self, name: str) -> str | None:
        """The value of the first field `name`, unfolded; None when there is none."""
        try:
            value = self.lines[self.keys.index(KEYS[name])].partition(":")[2]
        except ValueError:
            return None
        return unfold(value) if "\r" in value else value.strip(" \t")

    def top_line(self, key: str) -> str:
        """The first line whose key is `key`, as it came; "" when there is none."""
        return self.lines[self.keys.index(key)] if key in self.keys else ""

    def get_all(self, name: str) -> list[str]:
        """Every value of `name` in order; the elements of comma-separated lists one by one."""
        key = KEYS[name]
        if key not in self.keys:
            return []
        values = [line_value(line) for line, other in zip(self.lines, self.keys, strict=True) if other == key]
        if key in LISTS:
            return [element for value in values for element in split_list(value)]
        return values

    def get_lines(self, name: str) -> list[str]:
        """The value of every line `name`, unfolded but not split."""
        key = KEYS[name]
        if key not in self.keys:
            return []
        return [line_value(line) for line, other in zip(self.lines, self.keys, strict=True) if other == key]

    def names(self) -> list[str]:
        """The names present, each once, in the RFC's spelling, in order of appearance."""
        return list(dict.fromkeys(name for name, _ in self))

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Name (in the RFC's spelling where known) and unfolded value of each line in order."""
        for line in self.lines:
            name, colon, _ = line.partition(":")
            if colon:
                yield canonical_name(name), line_value(line)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and KEYS[name] in self.keys

    def __len__(self) -> int:
        return len(self.lines)

    def add(self, name: str, value: str) -> None:
        """Append a field. Raises LocalError."""
        self._insert(len(self.lines), name, value)

    def add_first(self, name: str, value: str) -> None:
        """Put a field in front of the others of its name, or on top of all. Raises LocalError."""
        key = KEYS[name]
        self._insert(self.keys.index(key) if key in self.keys else 0, name, value)

    def set(self, name: str, value: str) -> None:
        """Make `value` the only one of `name`, in its place or at the end. Raises LocalError."""
        key = KEYS[name]
        if key not in self.keys:
            self.add(name, value)
            return
        line = field_line(name, value)
        index = self.keys.index(key)
        self._drop(key, after=index)
        self.lines[index] = line

    def set_first(self, name: str, value: str) -> None:
        """Replace the first element of `name` alone: what follows it, on its line or others, stays.

        Raises LocalError when there is none: use `add`.
        """
        key = KEYS[name]
        if key not in self.keys:
            raise LocalError(f"no {name} to replace; use add")
        index = self.keys.index(key)
        head, _, old = self.lines[index].partition(":")
        rest = ""
        if "," in old and key in LISTS:
            _, end = next(spans(old, ",", angles=True))
            rest = old[end:]
        if "\n" in value or "\r" in value:
            field_line(name, value)
        self._touch()
        self.lines[index] = f"{head}: {value}{rest}"

    def remove(self, name: str) -> None:
        """Take every field `name` away; nothing happens when there is none."""
        key = KEYS[name]
        if key in self.keys:
            self._drop(key, after=-1)

    def copy(self) -> "Headers":
        """An independent copy."""
        headers = Headers.__new__(Headers)
        headers.lines = self.lines.copy()
        headers.keys = self.keys.copy()
        headers.modified = self.modified
        headers.views = {}
        return headers

    def __repr__(self) -> str:
        return f"Headers({list(self)!r})"

    def _insert(self, index: int, name: str, value: str) -> None:
        line = field_line(name, value)
        self._touch()
        self.lines.insert(index, line)
        self.keys.insert(index, KEYS[name])

    def _drop(self, key: str, *, after: int) -> None:
        self._touch()
        kept = [
            (line, other)
            for place, (line, other) in enumerate(zip(self.lines, self.keys, strict=True))
            if other != key or place <= after
        ]
        self.lines[:] = [line for line, _ in kept]
        self.keys[:] = [other for _, other in kept]

    def _touch(self) -> None:
        self.modified = True
        self.views.clear()


def line_value(line: str) -> str:
    """What follows the colon, unfolded."""
    value = line.partition(":")[2]
    return unfold(value) if "\r" in value else value.strip(" \t")


@lru_cache(maxsize=KNOWN_LINES)
def field_line(name: str, value: str) -> str:
    """One header line. Raises LocalError when name or value would make another line of it."""
    if KEYS[name] not in CANONICAL and not is_token(name):
        raise LocalError(f"{name!r} is no header name; use letters, digits and -.!%*_+`'~")
    if ("\n" in value or "\r" in value) and not FOLDED_LINES.fullmatch(value):
        raise LocalError(
            f"the value of {name} breaks its line: {value!r}; fold with CRLF and a space, or remove it"
        )
    return f"{name}: {value}"
