"""What can be wrong before a load starts.

The user can mend all of it: the option, what was seen, what to write instead.
"""


class LoadInputError(ValueError):
    """A load that can't be made as it was asked for."""

    def __init__(self, key: str, seen: str, expected: str) -> None:
        """`key` is the option or setting; `expected` says what to write or do instead."""
        super().__init__(key, seen, expected)
        self.key = key
        self.seen = seen
        self.expected = expected

    def __str__(self) -> str:
        return f"{self.key}: {self.seen}; {self.expected}"
