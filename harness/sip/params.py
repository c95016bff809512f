"""Parameters: the ``;name=value`` list of URIs and header fields.

A value that never changes: each change makes a new one. The text stays as it came, the pairs are
read when asked for. What is in front of the list belongs to `uri`, `name_addr` and `via`.
"""

import re
from collections.abc import Iterable, Iterator

from harness.sip.errors import LocalError
from harness.sip.grammar import quote, split_outside_quotes, unquote

UNSAFE = re.compile(r"[;,<>\r\n]")  # what would end an unquoted value early


def written(pairs: Iterable[tuple[str, str | None]]) -> str:
    """The pairs as text, as they came: what a peer wrote is not held against the grammar here."""
    return "".join(f";{name}" if value is None else f";{name}={value}" for name, value in pairs)


class Params:
    """An ordered list of parameters; names are case-blind, a parameter without ``=`` has the value None."""

    __slots__ = ("_pairs", "_text")

    def __init__(self, pairs: Iterable[tuple[str, str | None]] = ()) -> None:
        """Values are taken as they shall stand on the wire, quotes included."""
        self._pairs: tuple[tuple[str, str | None], ...] | None = tuple(pairs)
        for name, value in self._pairs:
            check_pair(name, value)
        self._text = written(self._pairs)

    @classmethod
    def parse(cls, text: str) -> "Params":
        """Take a text like ``;a=1;b``; never raises, empty parameters are skipped when read."""
        params = cls.__new__(cls)
        params._text = text  # noqa: SLF001 - our own new instance
        params._pairs = None  # noqa: SLF001 - our own new instance
        return params

    @property
    def pairs(self) -> tuple[tuple[str, str | None], ...]:
        """Names and values in order, values still quoted if they came so."""
        if self._pairs is None:
            self._pairs = tuple(read_pairs(self._text))
        return self._pairs

    def get(self, name: str, default: str | None = None) -> str | None:
        """The value of the first parameter `name`, unquoted; "" when it has none, `default` if absent."""
        if not self._text:
            return default
        if self._pairs is None and '"' not in self._text:
            _, found, rest = self._text.partition(f";{name}=")
            if found:
                return rest.partition(";")[0].strip(" \t")
        name = name.lower()
        for key, value in self.pairs:
            if key.lower() == name:
                return unquote(value) if value is not None else ""
        return default

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and any(key.lower() == name.lower() for key, _ in self.pairs)

    def __getitem__(self, name: str) -> str | None:
        """The value of `name` as it came, None when it has none. KeyError if absent."""
        for key, value in self.pairs:
            if key.lower() == name.lower():
                return value
        raise KeyError(name)

    def __iter__(self) -> Iterator[tuple[str, str | None]]:
        return iter(self.pairs)

    def __len__(self) -> int:
        return len(self.pairs)

    def __bool__(self) -> bool:
        return bool(self._text)

    def with_value(self, name: str, value: str | None = None) -> "Params":
        """A copy in which `name` has `value`: in its place when it was there, at the end otherwise."""
        check_pair(name, value)
        if name not in self:
            return Params.parse(self._text + (f";{name}" if value is None else f";{name}={value}"))
        pairs = [(key, value if key.lower() == name.lower() else old) for key, old in self.pairs]
        return Params.parse(written(pairs))

    def without(self, *names: str) -> "Params":
        """A copy that lacks these parameters."""
        lowered = {name.lower() for name in names}
        return Params.parse(written((key, value) for key, value in self.pairs if key.lower() not in lowered))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Params) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"Params({self._text!r})"


NO_PARAMS = Params()


def check_pair(name: str, value: str | None) -> None:
    """Refuse what would read back as something else. Raises LocalError."""
    if "\r" in name or "\n" in name or ";" in name or "=" in name:
        raise LocalError(f"parameter name {name!r} is not a token; use letters, digits and -.!%*_+`'~")
    if value is not None and not value.startswith('"') and UNSAFE.search(value):
        raise LocalError(f"parameter value {value!r} needs quotes; write {quote(value)}")


def read_pairs(text: str) -> Iterator[tuple[str, str | None]]:
    """The pairs of a parameter list, empty parameters left out."""
    pieces = split_outside_quotes(text, ";") if '"' in text else text.split(";")
    for piece in pieces:
        name, equals, value = piece.partition("=")
        name = name.strip()
        if name or equals:
            yield name, value.strip() if equals else None
