"""What is wrong with a settings file, said so that the reader can mend it.

`SettingsError` says where (file, line), which key, what stood there, what to write instead. Finding
the line is `toml_file`'s work; `MistakeAt` is how a model's validator tells it which key is meant.
"""

from pathlib import Path


class SettingsError(Exception):
    """A settings file that can't be used.

    The parts stay apart so that a caller can show them in its own way; ``str()`` gives one line.
    """

    def __init__(self, file: Path, line: int | None, key: str, seen: str, expected: str) -> None:
        super().__init__(file, line, key, seen, expected)
        self.file = file
        self.line = line
        """Counts from 1; None when the whole file is meant."""
        self.key = key
        """Dotted, as ``profile[1].channels``; empty when no key is meant."""
        self.seen = seen
        self.expected = expected
        """Goes after "write"."""

    def __str__(self) -> str:
        place = str(self.file) if self.line is None else f"{self.file}:{self.line}"
        key = f" {self.key}:" if self.key else ""
        return f"{place}:{key} {self.seen}; {self.expected}"


class MistakeAt(ValueError):
    """Raised by a validator that looks at several keys: which of them is to be changed."""

    def __init__(self, location: tuple[str | int, ...], seen: str, expected: str) -> None:
        """`location` leads from the validated table to the key: ``("profile", 1, "sip_username")``."""
        super().__init__(f"{seen}; {expected}")
        self.location = location
        self.seen = seen
        self.expected = expected
